// SPDX-License-Identifier: Apache-2.0
// The first header of a captured frame, by its link type.
#include <string>

#include "decode/packet.h"
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint16_t kLongestLength = 1500;
constexpr NumberWord kPacketTypes[] = {{0, "In"}, {1, "B"}, {2, "M"}, {3, "P"}, {4, "Out"}};

struct Cooked {
  uint32_t header_bytes;
  uint16_t protocol;
  uint32_t address_bytes;
  size_t address;
};

void put_cooked(PacketPrint& print, const Cooked& cooked, uint32_t length) {
  PacketWriter& text = print.text;
  if (cooked.address_bytes == 6) {
    print.mac(cooked.address);
    text.put(' ');
  }
  if (print.options.quiet) return;
  const char* name = ethertype_name(cooked.protocol);
  if (cooked.protocol == 1) {
    text.put("802.3");
  } else if (cooked.protocol == 4) {
    text.put("802.2");
  } else {
    text.put("ethertype ");
    text.put(std::string_view(name != nullptr && cooked.protocol > kLongestLength ? name : "Unknown"));
    text.put(" (0x");
    text.hex(cooked.protocol, 4);
    text.put(')');
  }
  text.put(", length ");
  text.decimal(length);
  text.put(": ");
}

void put_packet_type(PacketWriter& text, uint32_t type, bool left) {
  const char* word = word_for(kPacketTypes, type);
  const std::string_view shown(word != nullptr ? word : "?");
  if (!left)
    for (size_t i = shown.size(); i < 3; ++i) text.put(' ');
  text.put(shown);
  if (left)
    for (size_t i = shown.size(); i < 3; ++i) text.put(' ');
  text.put(' ');
}

/// What follows a cooked header, tags and all. Returns the bytes of link headers.
size_t print_cooked_payload(PacketPrint& print, const Cooked& cooked, uint32_t length,
                            void (*put_header)(PacketPrint&, const Cooked&, uint32_t)) {
  PacketWriter& text = print.text;
  size_t at = cooked.header_bytes;
  uint32_t rest = length - std::min(length, cooked.header_bytes);
  uint16_t type = cooked.protocol;
  while (type == 0x8100) {
    if (rest < 4 || !print.has(at, 4)) {
      print.protocol = "vlan";
      print.truncated();
      return at + print.available(at);
    }
    if (print.options.link_header) {
      put_vlan_tag(text, print.u16(at));
      text.put(", ");
    }
    type = print.u16(at + 2);
    if (type <= kLongestLength) type = 4;
    if (!print.options.quiet) {
      const char* name = ethertype_name(type);
      text.put("ethertype ");
      text.put(std::string_view(name != nullptr ? name : "Unknown"));
      text.put(", ");
    }
    at += 4;
    rest -= 4;
  }
  if (type <= kLongestLength) {
    if (type == 4) {
      const int header_bytes = print_llc(print, at, rest, std::nullopt);
      if (header_bytes >= 0) return at + static_cast<size_t>(header_bytes);
    }
    dump_payload(print, at, rest);
    return at;
  }
  if (!print_ethertype(print, type, at, rest)) {
    if (!print.options.link_header) put_header(print, cooked, length);
    dump_payload(print, at, rest);
  }
  return at;
}

void put_sll(PacketPrint& print, const Cooked& cooked, uint32_t length) {
  put_packet_type(print.text, print.u16(0), false);
  put_cooked(print, cooked, length);
}

void put_sll2(PacketPrint& print, const Cooked& cooked, uint32_t length) {
  print.text.put("ifindex ");
  print.text.decimal(print.u32(4));
  print.text.put(' ');
  put_cooked(print, cooked, length);
}

size_t print_sll(PacketPrint& print, uint32_t length) {
  print.protocol = "sll";
  if (!print.check(0, 16)) return 0;
  const Cooked cooked{16, print.u16(14), print.u16(4), 6};
  if (print.options.link_header) put_sll(print, cooked, length);
  return print_cooked_payload(print, cooked, length, put_sll);
}

size_t print_sll2(PacketPrint& print, uint32_t length) {
  print.protocol = "sll2";
  if (!print.check(0, 20)) return 0;
  PacketWriter& text = print.text;
  if (!print.options.interfaces) {
    // tcpdump names this machine's interface of that number, which is another one's where a file is read.
    const size_t start = text.used();
    text.put("if");
    text.decimal(print.u32(4));
    text.pad_to(start, 5);
    text.put(' ');
    put_packet_type(text, print.u8(10), true);
  }
  const Cooked cooked{20, print.u16(0), print.u8(11), 12};
  if (print.options.link_header) put_sll2(print, cooked, length);
  return print_cooked_payload(print, cooked, length, put_sll2);
}

size_t print_null(PacketPrint& print, uint32_t length) {
  print.protocol = "null";
  PacketWriter& text = print.text;
  if (!print.check(0, 4)) return 0;
  uint32_t family = print.u32(0);
  if (family > 0xffff) family = __builtin_bswap32(family);  // written by a machine of the other byte order
  const bool ipv6 = family == 24 || family == 28 || family == 30 || family == 10;
  if (print.options.link_header) {
    if (print.options.quiet) {
      text.put(family == 2 ? std::string_view("IPv4")
               : ipv6      ? std::string_view("IPv6")
                           : std::string_view("Unknown AF"));
    } else {
      text.put("AF ");
      text.put(family == 2 ? std::string_view("IPv4")
               : ipv6      ? std::string_view("IPv6")
                           : std::string_view("Unknown"));
      text.put(" (");
      text.decimal(family);
      text.put(')');
    }
    text.put(", length ");
    text.decimal(length);
    text.put(": ");
  }
  const uint32_t rest = length - std::min(length, 4u);
  if (family == 2)
    print_ip(print, 4, rest);
  else if (ipv6)
    print_ip6(print, 4, rest);
  else
    dump_payload(print, 4, rest);
  return 4;
}

size_t print_cisco_hdlc(PacketPrint& print, uint32_t length) {
  print.protocol = "chdlc";
  PacketWriter& text = print.text;
  if (length < 4 || !print.check(0, 4)) return 0;
  const uint16_t protocol = print.u16(2);
  if (print.options.link_header) {
    constexpr NumberWord kCasts[] = {{0x0f, "unicast"}, {0x8f, "bcast"}};
    const char* cast = word_for(kCasts, print.u8(0));
    if (cast != nullptr) {
      text.put(std::string_view(cast));
      text.put(' ');
    } else {
      text.put("0x");
      text.hex(print.u8(0), 2);
      text.put(' ');
    }
    const char* name = ethertype_name(protocol);
    text.put(std::string_view(name != nullptr ? name : "unknown"));
    text.put(" (0x");
    text.hex(protocol, 4);
    text.put("), length ");
    text.decimal(length);
    text.put(": ");
  }
  if (protocol == 0x0800 || protocol == 0x86dd || protocol == 0x8847 || protocol == 0x8848) {
    print_ethertype(print, protocol, 4, length - 4);
  } else if (protocol == 0x8035) {
    text.put("SLARP (length: ");
    text.decimal(length - 4);
    text.put(')');
  } else {
    text.put("unknown CHDLC protocol (0x");
    text.hex(protocol, 4);
    text.put(')');
  }
  return 4;
}

size_t print_raw(PacketPrint& print, uint32_t length) {
  if (print.options.link_header) print.text.put("ip: ");
  print_ip_any(print, 0, length);
  return 0;
}

}  // namespace

// The link types here are those of decode/packet.cpp: tcpdump.org/linktypes.html.
size_t print_link(PacketPrint& print, uint32_t link_type, uint32_t wire_bytes) {
  switch (link_type) {
    case 1:  // Ethernet
      return print_ethernet(print, 0, wire_bytes);
    case 0:    // BSD loopback
    case 108:  // the same in network byte order
      return print_null(print, wire_bytes);
    case 12:  // raw IP
    case 14:
    case 101:
    case 228:
    case 229:
      return print_raw(print, wire_bytes);
    case 9:  // PPP
    case 50:
      return print_ppp(print, 0, wire_bytes);
    case 51:
      return print_pppoe(print, 0, wire_bytes);
    case 104:
      return print_cisco_hdlc(print, wire_bytes);
    case 113:
      return print_sll(print, wire_bytes);
    case 276:
      return print_sll2(print, wire_bytes);
    default:
      break;
  }
  const std::string name = decode::link_type_name(link_type);
  if (name.find_first_not_of("0123456789") == std::string::npos) print.text.put("link type ");
  print.text.put(std::string_view(name));
  print.text.put(", length ");
  print.text.decimal(wire_bytes);
  return 0;
}

}  // namespace weir::sink
