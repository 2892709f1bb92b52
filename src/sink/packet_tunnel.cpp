// SPDX-License-Identifier: Apache-2.0
// Packets in packets: GRE (RFC 2784, 2890, 2637), VXLAN (RFC 7348), Geneve (RFC 8926), MPLS (RFC 3032).
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000,
                   kAcknowledgment = 0x0080;
constexpr NumberWord kGreFlags[] = {
    {0x8000, "checksum present"},  {0x4000, "routing present"},        {0x2000, "key present"},
    {0x1000, "sequence# present"}, {0x0800, "source routing present"}, {0x0080, "ack present"}};

/// The header's fields one after the other, each only where it is inside of the packet.
class FieldReader {
 public:
  FieldReader(PacketPrint& print, size_t at, uint32_t length) : print_(print), at_(at), length_(length) {}
  /// Goes past `bytes` and returns where they start; 0 and a cut packet where they are not there.
  size_t take(uint32_t bytes) {
    if (length_ < bytes) {
      print_.cut_here();
      return 0;
    }
    print_.check(at_, bytes);
    const size_t start = at_;
    at_ += bytes;
    length_ -= bytes;
    return start;
  }
  size_t at() const { return at_; }
  uint32_t length() const { return length_; }

 private:
  PacketPrint& print_;
  size_t at_;
  uint32_t length_;
};

void put_protocol(PacketPrint& print, uint16_t protocol) {
  if (!print.options.link_header) return;
  const char* name = ethertype_name(protocol);
  print.text.put(", proto ");
  print.text.put(std::string_view(name != nullptr ? name : "unknown"));
  print.text.put(" (0x");
  print.text.hex(protocol, 4);
  print.text.put(')');
}

void put_gre_flags(PacketPrint& print, uint16_t flags) {
  if (print.options.verbosity == 0) return;
  print.text.put(", Flags [");
  put_bit_words(print.text, kGreFlags, flags, "none");
  print.text.put(']');
}

void put_payload_separator(PacketPrint& print) {
  if (print.options.verbosity == 0)
    print.text.put(": ");
  else
    print.text.put("\n\t");
}

void print_source_routes(PacketPrint& print, FieldReader& fields) {
  PacketWriter& text = print.text;
  while (!print.cut) {
    const size_t entry = fields.take(4);
    if (print.cut) return;
    const uint16_t family = print.u16(entry);
    const uint8_t offset = print.u8(entry + 2);
    const uint8_t bytes = print.u8(entry + 3);
    if (family == 0 && bytes == 0) return;
    const bool ip = family == 0x0800;
    if (!ip && family != 0xfffe) {
      text.put(", (rtaf=0x");
      text.hex(family);
      text.put(')');
      fields.take(bytes);
      continue;
    }
    text.put(ip ? std::string_view(", (rtaf=ip") : std::string_view(", (rtaf=asn"));
    const uint8_t unit = ip ? 4 : 2;
    const size_t start = fields.at();
    fields.take(bytes);
    for (uint32_t i = 0; i + unit <= bytes && !print.cut; i += unit) {
      text.put(i == offset ? std::string_view(" *") : std::string_view(" "));
      if (ip)
        print.ipv4(start + i);
      else
        text.hex(print.u16(start + i));
    }
    text.put(')');
  }
}

void print_gre0(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  FieldReader fields(print, at, length);
  const uint16_t flags = print.u16(fields.take(2));
  put_gre_flags(print, flags);
  const uint16_t protocol = print.u16(fields.take(2));
  if ((flags & (kChecksum | kRouting)) != 0) {
    const size_t sum = fields.take(2);
    if (print.options.verbosity > 0) {
      text.put(", sum 0x");
      text.hex(print.u16(sum));
    }
    const uint16_t offset = print.u16(fields.take(2));
    text.put(", off 0x");
    text.hex(offset);
  }
  if ((flags & kKey) != 0) {
    const uint32_t key = print.u32(fields.take(4));
    text.put(", key=0x");
    text.hex(key);
  }
  if ((flags & kSequence) != 0) {
    const uint32_t sequence = print.u32(fields.take(4));
    text.put(", seq ");
    text.decimal(sequence);
  }
  if ((flags & kRouting) != 0) print_source_routes(print, fields);
  if (print.cut) return;
  put_protocol(print, protocol);
  text.put(", length ");
  text.decimal(length);
  put_payload_separator(print);
  if (protocol == 0x0800) return print_ip(print, fields.at(), fields.length());
  if (protocol == 0x86dd) return print_ip6(print, fields.at(), fields.length());
  if (protocol == 0x8847) return print_mpls(print, fields.at(), fields.length());
  if (protocol == 0x6558) {
    print_ethernet(print, fields.at(), fields.length());
    return;
  }
  text.put("gre-proto-0x");
  text.hex(protocol);
}

void print_gre1(PacketPrint& print, size_t at, uint32_t length) {
  PacketWriter& text = print.text;
  FieldReader fields(print, at, length);
  const uint16_t flags = print.u16(fields.take(2));
  put_gre_flags(print, flags);
  const uint16_t protocol = print.u16(fields.take(2));
  if ((flags & kKey) != 0) {
    const uint32_t call = print.u32(fields.take(4)) & 0xffff;
    text.put(", call ");
    text.decimal(call);
  }
  if ((flags & kSequence) != 0) {
    const uint32_t sequence = print.u32(fields.take(4));
    text.put(", seq ");
    text.decimal(sequence);
  }
  if ((flags & kAcknowledgment) != 0) {
    const uint32_t acknowledgment = print.u32(fields.take(4));
    text.put(", ack ");
    text.decimal(acknowledgment);
  }
  if (print.cut) return;
  if ((flags & kSequence) == 0) text.put(", no-payload");
  put_protocol(print, protocol);
  text.put(", length ");
  text.decimal(length);
  if ((flags & kSequence) == 0) return;
  put_payload_separator(print);
  if (protocol == 0x880b) {
    print_ppp(print, fields.at(), fields.length());
    return;
  }
  text.put("gre-proto-0x");
  text.hex(protocol);
}

/// As many as fit into `bytes`, which were all captured.
void print_geneve_options(PacketPrint& print, size_t at, uint32_t bytes) {
  PacketWriter& text = print.text;
  bool first = true;
  while (bytes >= 4) {
    const uint16_t option_class = print.u16(at);
    const uint8_t type = print.u8(at + 2);
    const uint32_t option_bytes = 4 + (print.u8(at + 3) & 0x1fu) * 4;
    if (!first) text.put(", ");
    first = false;
    text.put("class ");
    if (option_class <= 0xff)
      text.put("Standard");
    else
      text.put(option_class >= 0xfff0 ? std::string_view("Experimental") : std::string_view("Unknown"));
    text.put(" (0x");
    text.hex(option_class);
    text.put(") type 0x");
    text.hex(type);
    if ((type & 0x80) != 0) text.put("(C)");
    text.put(" len ");
    text.decimal(option_bytes);
    if (option_bytes > bytes) {
      text.put(" [bad length]");
      return;
    }
    const bool data = option_bytes > 4 && print.options.verbosity > 1;
    if (data) text.put(" data");
    for (uint32_t i = 4; data && i < option_bytes; i += 4) {
      text.put(' ');
      text.hex(print.u32(at + i), 8);
    }
    at += option_bytes;
    bytes -= option_bytes;
  }
}

}  // namespace

void print_gre(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "gre";
  if (length < 2) return print.truncated();
  const uint8_t version = print.u16(at) & 7;
  if (print.cut) return;
  print.text.put("GREv");
  print.text.decimal(version);
  if (version == 0) return print_gre0(print, at, length);
  if (version == 1) return print_gre1(print, at, length);
  print.text.put(" ERROR: unknown-version");
}

void print_vxlan(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "vxlan";
  PacketWriter& text = print.text;
  text.put("VXLAN");
  if (length < 8) return print.invalid();
  const uint8_t flags = print.u8(at);
  if (print.cut) return;
  text.put(", flags [");
  text.put((flags & 8) != 0 ? std::string_view("I") : std::string_view("invalid"));
  text.put("] (0x");
  text.hex_byte(flags);
  text.put("), ");
  const uint32_t network = print.u24(at + 4);
  text.put("vni ");
  text.decimal(network);
  text.put('\n');
  if (!print.check(at, 8)) return;
  print_ethernet(print, at + 8, length - 8);
}

void print_geneve(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "geneve";
  PacketWriter& text = print.text;
  text.put("Geneve");
  if (length < 8) return print.invalid();
  const uint8_t first = print.u8(at);
  if (print.cut) return;
  if (first >> 6 != 0) {
    text.put(" ERROR: unknown-version ");
    return text.decimal(first >> 6);
  }
  if (!print.check(at, 8)) return;
  constexpr NumberWord kFlags[] = {{0x80, "O"}, {0x40, "C"}};
  const uint8_t flags = print.u8(at + 1);
  text.put(", Flags [");
  put_bit_words(text, kFlags, flags & 0xc0u, "none", "");
  text.put(']');
  const uint16_t protocol = print.u16(at + 2);
  text.put(", vni 0x");
  text.hex(print.u24(at + 4));
  if (const uint8_t reserved = print.u8(at + 7); reserved != 0) {
    text.put(", rsvd 0x");
    text.hex(reserved);
  }
  if ((flags & 0x3f) != 0) {
    text.put(", rsvd 0x");
    text.hex(flags & 0x3f);
  }
  if (print.options.link_header) put_protocol(print, protocol);
  const uint32_t options = (first & 0x3fu) * 4;
  if (8 + options > length) {
    text.put(", option-length ");
    text.decimal(options);
    text.put(" > ");
    text.decimal(length - 8);
    return print.invalid();
  }
  if (!print.check(at + 8, options)) return;
  if (options > 0) {
    text.put(", options [");
    if (print.options.verbosity == 0) {
      text.decimal(options);
      text.put(" bytes");
    } else {
      print_geneve_options(print, at + 8, options);
    }
    text.put(']');
  }
  put_payload_separator(print);
  const size_t payload = at + 8 + options;
  const uint32_t payload_bytes = length - 8 - options;
  if (print_ethertype(print, protocol, payload, payload_bytes)) return;
  if (protocol == 0x6558) {
    print_ethernet(print, payload, payload_bytes);
    return;
  }
  text.put("geneve-proto-0x");
  text.hex(protocol);
}

void print_mpls(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "mpls";
  PacketWriter& text = print.text;
  text.put("MPLS");
  uint32_t entry = 0;
  uint32_t labels = 0;
  do {
    if (length < 4) return print.truncated();
    if (!print.check(at, 4)) return;
    entry = print.u32(at);
    const uint32_t label = entry >> 12;
    if (print.options.verbosity > 0 && labels > 0)
      text.put("\n\t(label ");
    else
      text.put(" (label ");
    text.decimal(label);
    constexpr NumberWord kLabels[] = {{0, " (IPv4 explicit NULL)"},
                                      {1, " (router alert)"},
                                      {2, " (IPv6 explicit NULL)"},
                                      {3, " (implicit NULL)"}};
    if (print.options.verbosity > 0 && label < 4) text.put(std::string_view(word_for(kLabels, label)));
    text.put(", tc ");
    text.decimal(entry >> 9 & 7);
    if ((entry & 0x100) != 0) text.put(", [S]");
    text.put(", ttl ");
    text.decimal(entry & 0xff);
    text.put(')');
    at += 4;
    length -= 4;
    ++labels;
  } while ((entry & 0x100) == 0 && !print.cut);
  const uint32_t label = entry >> 12;
  if (label == 3 || length == 0) return;
  const uint8_t first = print.u8(at);
  if (print.cut) return;
  const bool ipv4 = label == 0 || (first >= 0x45 && first <= 0x4f);
  const bool ipv6 = label == 2 || (first >= 0x60 && first <= 0x6f);
  if (!ipv4 && !ipv6) return;
  if (print.options.verbosity > 0)
    text.put("\n\t");
  else
    text.put(' ');
  if (ipv4)
    print_ip(print, at, length);
  else
    print_ip6(print, at, length);
}

}  // namespace weir::sink
