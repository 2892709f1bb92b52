// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791) and what both versions share.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kHeaderBytes = 20;
constexpr uint16_t kMoreFragments = 0x2000;
constexpr uint16_t kOffsetMask = 0x1fff;

constexpr NumberWord kOptionWords[] = {{0, "EOL"},        {1, "NOP"},         {7, "RR"},
                                       {68, "timestamp"}, {82, "traceroute"}, {130, "security"},
                                       {131, "LSRR"},     {137, "SSRR"},      {148, "RA"}};
constexpr NumberWord kFlagWords[] = {{0x2000, "+"}, {0x4000, "DF"}, {0x8000, "rsvd"}};

void print_route_option(PacketPrint& print, size_t at, uint32_t length) {
  if (length < 3) {
    print.text.put(" [bad length ");
    print.text.decimal(length);
    print.text.put(']');
    return;
  }
  if (((length + 1) & 3) != 0) {
    print.text.put(" [bad length ");
    print.text.decimal(length);
    print.text.put(']');
  }
  const uint32_t pointer = static_cast<uint32_t>(print.u8(at + 2)) - 1;
  if (pointer < 3 || ((pointer + 1) & 3) != 0 || pointer > length + 1) {
    print.text.put(" [bad ptr ");
    print.text.decimal(print.u8(at + 2));
    print.text.put(']');
  }
  for (uint32_t hop = 3; hop < length && !print.cut; hop += 4) {
    print.text.put(' ');
    print.ipv4(at + hop);
    if (pointer > hop) print.text.put(',');
  }
}

void print_timestamp_option(PacketPrint& print, size_t at, uint32_t length) {
  if (length < 4) {
    print.text.put("[bad length ");
    print.text.decimal(length);
    print.text.put(']');
    return;
  }
  print.text.put(" TS{");
  const uint8_t overflow_flags = print.u8(at + 3);
  const uint32_t hop_bytes = (overflow_flags & 15) != 0 ? 8 : 4;
  if (((length - 4) & (hop_bytes - 1)) != 0) {
    print.text.put("[bad length ");
    print.text.decimal(length);
    print.text.put(']');
  }
  const uint32_t pointer = static_cast<uint32_t>(print.u8(at + 2)) - 1;
  if (pointer < 4 || ((pointer - 4) & (hop_bytes - 1)) != 0 || pointer > length + 1) {
    print.text.put("[bad ptr ");
    print.text.decimal(print.u8(at + 2));
    print.text.put(']');
  }
  constexpr NumberWord kKinds[] = {{0, "TSONLY"}, {1, "TS+ADDR"}, {2, "PRESPEC2.0"}, {3, "PRESPEC"}};
  uint32_t hop = 0;
  if (const char* kind = word_for(kKinds, overflow_flags & 15)) {
    print.text.put(std::string_view(kind));
    for (hop = 4; hop < length && !print.cut; hop += hop_bytes) {
      print.text.put(pointer == hop ? std::string_view(" ^ ") : std::string_view(" "));
      print.text.decimal(print.u32(at + hop + hop_bytes - 4));
      print.text.put('@');
      if (hop_bytes == 8) print.ipv4(at + hop);
    }
  } else {
    print.text.put("[bad ts type ");
    print.text.decimal(overflow_flags & 15);
    print.text.put(']');
  }
  if (pointer == hop) print.text.put(" ^ ");
  if (overflow_flags >> 4 != 0) {
    print.text.put(" [");
    print.text.decimal(overflow_flags >> 4);
    print.text.put(" hops not recorded]} ");
  } else {
    print.text.put('}');
  }
}

/// False where they were not all captured.
bool print_options(PacketPrint& print, size_t at, uint32_t length) {
  bool first = true;
  while (length > 0 && !print.cut) {
    if (!first) print.text.put(',');
    first = false;
    const uint8_t code = print.u8(at);
    if (const char* word = word_for(kOptionWords, code)) {
      print.text.put(std::string_view(word));
    } else {
      print.text.put("unknown ");
      print.text.decimal(code);
    }
    if (print.cut) return true;
    const uint32_t bytes = code <= 1 ? 1 : print.u8(at + 1);
    if (print.cut) return true;
    if ((code > 1 && bytes < 2) || bytes > length) {
      print.text.put(" [bad length ");
      print.text.decimal(bytes);
      print.text.put(']');
      return true;
    }
    if (!print.has(at, bytes)) return false;
    switch (code) {
      case 0:
        return true;
      case 7:
      case 131:
      case 137:
        print_route_option(print, at, bytes);
        break;
      case 68:
        print_timestamp_option(print, at, bytes);
        break;
      case 148:
        if (bytes < 4) {
          print.text.put(" [bad length ");
          print.text.decimal(bytes);
          print.text.put(']');
        } else if (print.u16(at + 2) != 0) {
          print.text.put(" value ");
          print.text.decimal(print.u16(at + 2));
        }
        break;
      default:
        break;
    }
    at += bytes;
    length -= bytes;
  }
  return true;
}

void print_header_fields(PacketPrint& print, size_t at, uint32_t header_bytes, uint16_t fragment) {
  PacketWriter& text = print.text;
  const uint8_t tos = print.u8(at + 1);
  text.put("(tos 0x");
  text.hex(tos);
  constexpr std::string_view kEcn[] = {"", ",ECT(1)", ",ECT(0)", ",CE"};
  text.put(kEcn[tos & 3]);
  if (const uint8_t ttl = print.u8(at + 8); ttl >= 1) {
    text.put(", ttl ");
    text.decimal(ttl);
  }
  text.put(", id ");
  text.decimal(print.u16(at + 4));
  text.put(", offset ");
  text.decimal((fragment & kOffsetMask) * 8u);
  text.put(", flags [");
  put_bit_words(text, kFlagWords, fragment & 0xe000u, "none");
  text.put("], proto ");
  const uint8_t protocol = print.u8(at + 9);
  const char* name = ip_protocol_name(protocol);
  text.put(std::string_view(name != nullptr ? name : "unknown"));
  text.put(" (");
  text.decimal(protocol);
  text.put("), length ");
  text.decimal(print.u16(at + 2));
  if (header_bytes > kHeaderBytes) {
    text.put(", options (");
    if (!print_options(print, at + kHeaderBytes, header_bytes - kHeaderBytes))
      text.put(" [truncated-option]");
    text.put(')');
  }
  put_wrong_checksum(print, at, header_bytes, at + 10, ", bad cksum ");
  text.put(")\n    ");
}

}  // namespace

void print_ip(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "ip";
  PacketWriter& text = print.text;
  const uint8_t first = print.u8(at);
  if (print.cut) return;
  if (first >> 4 != 4) {
    if (first >> 4 == 6) {
      text.put("IP6, wrong link-layer encapsulation");
    } else {
      text.put("IP");
      text.decimal(first >> 4);
    }
    print.invalid();
    return;
  }
  if (!print.options.link_header) text.put("IP ");
  if (!print.check(at, kHeaderBytes)) return;
  if (length < kHeaderBytes) {
    text.put("truncated-ip ");
    text.decimal(length);
    return;
  }
  const uint32_t header_bytes = (first & 15u) * 4;
  if (header_bytes < kHeaderBytes) {
    text.put("bad-hlen ");
    text.decimal(header_bytes);
    return;
  }
  uint32_t total = print.u16(at + 2);
  if (length < total) {
    text.put("truncated-ip - ");
    text.decimal(total - length);
    text.put(" bytes missing! ");
  }
  if (total < header_bytes) {
    if (total != 0) {
      text.put("bad-len ");
      text.decimal(total);
      return;
    }
    total = length;  // segmentation offload: the card fills the length in
  }
  const EndLimit limit(print, at + total);
  const uint16_t fragment = print.u16(at + 6);
  if (print.options.verbosity > 0) print_header_fields(print, at, header_bytes, fragment);
  const bool first_fragment = (fragment & kOffsetMask) == 0;
  if (!print.has(at, header_bytes) && (first_fragment || print.options.verbosity > 0)) {
    if (print.options.verbosity > 0) {
      put_addresses(print, IpPlace{at});
      text.put(": ");
    } else {
      text.put(" [remaining caplen(");
      text.decimal(print.available(at));
      text.put(") < header length(");
      text.decimal(header_bytes);
      text.put(")]");
    }
    return print.truncated();
  }
  const uint8_t protocol = print.u8(at + 9);
  IpPlace place;
  place.at = at;
  place.fragment = (fragment & (kMoreFragments | kOffsetMask)) != 0;
  if (!first_fragment) {
    put_addresses(print, place);
    text.put(": ip-proto-");
    text.decimal(protocol);
    return;
  }
  if (protocol != 6 && protocol != 17 && protocol != 132 && protocol != 33) {
    put_addresses(print, place);
    text.put(": ");
  }
  print_ip_payload(print, at + header_bytes, total - header_bytes, place, protocol);
}

void print_ip_any(PacketPrint& print, size_t at, uint32_t length) {
  if (length < 1) {
    print.text.put("truncated-ip ");
    print.text.decimal(length);
    return;
  }
  print.protocol = "ip";
  const uint8_t version = print.u8(at) >> 4;
  if (version == 4) {
    print_ip(print, at, length);
  } else if (version == 6) {
    print_ip6(print, at, length);
  } else {
    print.text.put("unknown ip ");
    print.text.decimal(version);
  }
}

bool put_wrong_checksum(PacketPrint& print, size_t at, size_t bytes, size_t field_at,
                        std::string_view before) {
  if (!print.options.verify_checksums || !print.has(at, bytes)) return false;
  const uint16_t sum = print.checksum(at, bytes);
  if (sum == 0) return false;
  const uint16_t field = print.u16(field_at);
  print.text.put(before);
  print.text.hex(field);
  print.text.put(" (->");
  print.text.hex(right_checksum(field, sum));
  print.text.put(")!");
  return true;
}

namespace {

void put_source(PacketPrint& print, const IpPlace& ip) {
  if (ip.version == 4)
    print.ipv4(ip.at + 12);
  else
    print.ipv6(ip.at + 8);
}

void put_destination(PacketPrint& print, const IpPlace& ip) {
  if (ip.version == 4)
    print.ipv4(ip.at + 16);
  else
    print.ipv6(ip.at + 24);
}

}  // namespace

void put_addresses(PacketPrint& print, const IpPlace& ip) {
  put_source(print, ip);
  print.text.put(" > ");
  put_destination(print, ip);
}

void put_ports(PacketPrint& print, const IpPlace& ip, uint8_t protocol, uint16_t source,
               uint16_t destination) {
  PacketWriter& text = print.text;
  const bool directly = print.u8(ip.at + (ip.version == 4 ? 9 : 6)) == protocol;
  if (directly) {
    put_source(print, ip);
    text.put('.');
  }
  text.decimal(source);
  text.put(" > ");
  if (directly) {
    put_destination(print, ip);
    text.put('.');
  }
  text.decimal(destination);
  text.put(": ");
}

}  // namespace weir::sink
