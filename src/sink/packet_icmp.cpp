// SPDX-License-Identifier: Apache-2.0
// ICMP (RFC 792 and its successors). Errors quote the packet that they are about; -v prints it as well.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kQuoted = 8;            // where the quoted packet starts
constexpr uint32_t kExtensions = 8 + 128;  // where extensions start (RFC 4884)

/// Words around the quoted destination: "host 10.0.0.1 unreachable - admin prohibited".
struct UnreachableWords {
  const char* before;
  const char* after;
};
constexpr UnreachableWords kUnreachable[] = {
    {"net ", " unreachable"},
    {"host ", " unreachable"},
    {"", ""},  // protocol: says which
    {"", ""},  // port
    {"", ""},  // too large
    {"", " unreachable - source route failed"},
    {"net ", " unreachable - unknown"},
    {"host ", " unreachable - unknown"},
    {"", " unreachable - source host isolated"},
    {"net ", " unreachable - admin prohibited"},
    {"host ", " unreachable - admin prohibited"},
    {"net ", " unreachable - tos prohibited"},
    {"host ", " unreachable - tos prohibited"},
    {"host ", " unreachable - admin prohibited filter"},
    {"host ", " unreachable - host precedence violation"},
    {"host ", " unreachable - precedence cutoff"},
};

constexpr NumberWord kTypes[] = {
    {0, "echo reply"},           {4, "source quench"},       {8, "echo request"},
    {10, "router solicitation"}, {13, "time stamp request"}, {14, "time stamp reply"},
    {15, "information request"}, {16, "information reply"},  {17, "address mask request"}};

void print_unreachable(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  const uint8_t code = print.u8(at + 1);
  const size_t quoted = at + kQuoted;
  const size_t destination = quoted + 16;
  if (code == 2) {
    print.ipv4(destination);
    text.put(" protocol ");
    text.decimal(print.u8(quoted + 9));
    text.put(" unreachable");
  } else if (code == 3) {
    const uint8_t protocol = print.u8(quoted + 9);
    const uint16_t port = print.u16(quoted + (print.u8(quoted) & 15u) * 4 + 2);
    print.ipv4(destination);
    if (protocol == 6) {
      text.put(" tcp port ");
    } else if (protocol == 17) {
      text.put(" udp port ");
    } else {
      text.put(" protocol ");
      text.decimal(protocol);
      text.put(" port ");
    }
    text.decimal(port);
    text.put(" unreachable");
  } else if (code == 4) {
    const uint16_t mtu = print.u16(at + 6);
    print.ipv4(destination);
    text.put(" unreachable - need to frag");
    if (mtu != 0) {
      text.put(" (mtu ");
      text.decimal(mtu);
      text.put(')');
    }
  } else if (code < std::size(kUnreachable)) {
    text.put(std::string_view(kUnreachable[code].before));
    print.ipv4(destination);
    text.put(std::string_view(kUnreachable[code].after));
  } else {
    print.ipv4(destination);
    text.put(" unreachable - #");
    text.decimal(code);
  }
}

void print_redirect(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  const uint8_t code = print.u8(at + 1);
  if (code < 2) {
    text.put("redirect ");
  } else if (code < 4) {
    text.put("redirect-tos ");
  } else {
    text.put("redirect-#");
    text.decimal(code);
    text.put(' ');
  }
  print.ipv4(at + kQuoted + 16);
  if (code == 0 || code == 2)
    text.put(" to net ");
  else if (code == 1 || code == 3)
    text.put(" to host ");
  else
    text.put(" to ");
  print.ipv4(at + 4);
}

void print_router_advertisement(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  text.put("router advertisement lifetime ");
  const uint32_t lifetime = print.u16(at + 6);
  if (lifetime >= 3600) {
    text.decimal(lifetime / 3600);
    text.put(':');
    text.padded_decimal(lifetime % 3600 / 60, 2);
    text.put(':');
    text.padded_decimal(lifetime % 60, 2);
  } else if (lifetime >= 60) {
    text.decimal(lifetime / 60);
    text.put(':');
    text.padded_decimal(lifetime % 60, 2);
  } else {
    text.decimal(lifetime);
  }
  const uint32_t count = print.u8(at + 4);
  text.put(' ');
  text.decimal(count);
  text.put(':');
  if (const uint8_t words = print.u8(at + 5); words != 2) {
    text.put(" [size ");
    text.decimal(words);
    text.put(']');
    return;
  }
  for (uint32_t i = 0; i < count && !print.cut; ++i) {
    text.put(" {");
    print.ipv4(at + 8 + i * 8);
    text.put(' ');
    text.decimal(print.u32(at + 12 + i * 8));
    text.put('}');
  }
}

/// Milliseconds since midnight.
void put_clock(PacketWriter& text, uint32_t milliseconds) {
  text.padded_decimal(milliseconds / 3600000, 2);
  text.put(':');
  text.padded_decimal(milliseconds / 60000 % 60, 2);
  text.put(':');
  text.padded_decimal(milliseconds / 1000 % 60, 2);
  text.put('.');
  text.padded_decimal(milliseconds % 1000, 3);
}

void put_id_and_sequence(PacketPrint& print, size_t at, std::string_view separator) {
  print.text.put("id ");
  print.text.decimal(print.u16(at + 4));
  print.text.put(separator);
  print.text.put("seq ");
  print.text.decimal(print.u16(at + 6));
}

void print_message(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  const uint8_t type = print.u8(at);
  const uint8_t code = print.u8(at + 1);
  switch (type) {
    case 0:
    case 8:
      text.put(type == 8 ? std::string_view("echo request, ") : std::string_view("echo reply, "));
      return put_id_and_sequence(print, at, ", ");
    case 3:
      return print_unreachable(print, at);
    case 5:
      return print_redirect(print, at);
    case 9:
      return print_router_advertisement(print, at);
    case 11:
      if (!print.check(at + kQuoted + 16, 4)) return;
      if (code == 0) return text.put("time exceeded in-transit");
      if (code == 1) return text.put("ip reassembly time exceeded");
      text.put("time exceeded-#");
      return text.decimal(code);
    case 12:
      text.put("parameter problem - ");
      if (code != 0) {
        text.put("code ");
        return text.decimal(code);
      }
      text.put("octet ");
      return text.decimal(print.u8(at + 4));
    case 13:
      text.put("time stamp query ");
      return put_id_and_sequence(print, at, " ");
    case 14:
      text.put("time stamp reply ");
      put_id_and_sequence(print, at, " ");
      text.put(": org ");
      put_clock(text, print.u32(at + 8));
      text.put(", recv ");
      put_clock(text, print.u32(at + 12));
      text.put(", xmit ");
      return put_clock(text, print.u32(at + 16));
    case 18:
      text.put("address mask is 0x");
      return text.hex(print.u32(at + 4), 8);
    default:
      break;
  }
  if (const char* word = word_for(kTypes, type)) return text.put(std::string_view(word));
  text.put("type-#");
  text.decimal(type);
}

void print_mpls_object(PacketPrint& print, size_t at) {
  PacketWriter& text = print.text;
  const uint32_t entry = print.u32(at);
  text.put("\n\t    label ");
  text.decimal(entry >> 12);
  text.put(", tc ");
  text.decimal(entry >> 9 & 7);
  if ((entry & 0x100) != 0) text.put(", [S]");
  text.put(", ttl ");
  text.decimal(entry & 0xff);
}

void print_extensions(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  if (!print.check(at, kExtensions + 5)) return;
  uint32_t rest = length - kExtensions;
  const size_t start = at + kExtensions;
  // Without a length field a checksum that is right tells that there are extensions (RFC 4884 5.5).
  if (print.u8(at + 5) == 0 && print.has(start, rest) && print.checksum(start, rest) != 0) return;
  const uint8_t version = print.u8(start) >> 4;
  text.put("\n\tICMP Multi-Part extension v");
  text.decimal(version);
  if (version != 2) return text.put(" packet not supported");
  if (print.has(start, rest)) {
    text.put(", checksum 0x");
    text.hex(print.u16(start + 2), 4);
    text.put(print.checksum(start, rest) != 0 ? std::string_view(" (incorrect), length ")
                                              : std::string_view(" (correct), length "));
    text.decimal(rest);
  }
  rest -= 4;
  size_t object = start + 4;
  while (rest > 4 && print.check(object, 4)) {
    uint32_t bytes = print.u16(object);
    const uint8_t kind = print.u8(object + 2);
    const uint8_t type = print.u8(object + 3);
    constexpr NumberWord kKinds[] = {{1, "MPLS Stack Entry"}, {2, "Interface Identification"}};
    const char* name = word_for(kKinds, kind);
    text.put("\n\t  ");
    text.put(std::string_view(name != nullptr ? name : "unknown"));
    text.put(" Object (");
    text.decimal(kind);
    text.put("), Class-Type: ");
    text.decimal(type);
    text.put(", length ");
    text.decimal(bytes);
    rest -= 4;
    object += 4;
    if (kind == 0 || bytes < 4) return;
    bytes -= 4;
    if (kind == 1 && type == 1) {
      print_mpls_object(print, object);
    } else {
      dump_unknown(print, object, bytes, "\n\t    ");
    }
    if (rest < bytes) return;
    rest -= bytes;
    object += bytes;
  }
}

}  // namespace

void print_icmp(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip) {
  print.protocol = "icmp";
  PacketWriter& text = print.text;
  const uint8_t type = print.u8(at);
  if (!print.cut && print.has(at, 2)) {
    // tcpdump says nothing of a message whose fields were not all captured: it ends before "ICMP".
    const size_t start = text.used();
    text.put("ICMP ");
    print_message(print, at);
    if (print.cut) return text.replace_from(start, " [|icmp]");
  } else {
    print.check(at, 2);
    return;
  }
  text.put(", length ");
  text.decimal(length);
  if (print.options.verbosity == 0) return;
  if (!ip.fragment && put_wrong_checksum(print, at, length, at + 2, " (wrong icmp cksum ")) text.put(')');
  const bool quotes = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  if (quotes) {
    text.put("\n\t");
    const uint32_t quoted_bytes = print.u16(at + kQuoted + 2);
    const EndLimit limit(print, at + kQuoted + quoted_bytes);
    if (++print.depth < 32) print_ip(print, at + kQuoted, quoted_bytes);
  }
  print.protocol = "icmp";
  if (!print.cut && length > kExtensions && (type == 3 || type == 11 || type == 12))
    print_extensions(print, at, length);
}

}  // namespace weir::sink
