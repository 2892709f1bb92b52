// SPDX-License-Identifier: Apache-2.0
// Ethernet frames (IEEE 802.3), their VLAN tags, and what EtherTypes carry.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kAddressesBytes = 12;
constexpr uint16_t kLongestLength = 1500;  // from here on the field is a type

constexpr NumberWord kTypes[] = {{0x0800, "IPv4"},
                                 {0x86dd, "IPv6"},
                                 {0x0806, "ARP"},
                                 {0x8100, "802.1Q"},
                                 {0x88a8, "802.1Q-QinQ"},
                                 {0x9100, "802.1Q-9100"},
                                 {0x9200, "802.1Q-9200"},
                                 {0x8035, "Reverse ARP"},
                                 {0x0600, "NS"},
                                 {0x0601, "Sprite"},
                                 {0x1000, "TRAIL"},
                                 {0x6001, "MOP DL"},
                                 {0x6002, "MOP RC"},
                                 {0x6003, "DN"},
                                 {0x6004, "LAT"},
                                 {0x6007, "SCA"},
                                 {0x6558, "TEB"},
                                 {0x809b, "Appletalk"},
                                 {0x80f3, "Appletalk ARP"},
                                 {0x8137, "IPX"},
                                 {0x814c, "SNMP"},
                                 {0x8138, "IPX"},
                                 {0x880b, "PPP"},
                                 {0x8808, "MPCP"},
                                 {0x8809, "Slow Protocols"},
                                 {0x880c, "GSMP"},
                                 {0x8847, "MPLS unicast"},
                                 {0x8848, "MPLS multicast"},
                                 {0x8863, "PPPoE D"},
                                 {0x8864, "PPPoE S"},
                                 {0x886f, "MS NLB heartbeat"},
                                 {0x8870, "Jumbo"},
                                 {0x888e, "EAPOL"},
                                 {0x8899, "Realtek protocols"},
                                 {0x88a2, "AoE"},
                                 {0x88ca, "TIPC"},
                                 {0x88cc, "LLDP"},
                                 {0x88e5, "802.1AE MACsec"},
                                 {0x88f7, "PTP"},
                                 {0x8902, "CFM"},
                                 {0x893a, "IEEE1905.1"},
                                 {0x894f, "NSH"},
                                 {0x8947, "GeoNet"},
                                 {0x0707, "GeoNet (old)"},
                                 {0x1111, "CALM FAST"},
                                 {0x9000, "Loopback"},
                                 {0x80ff, "WELLFLEET"},
                                 {0xd28b, "Arista Vendor Specific Protocol"}};

bool is_vlan(uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

void put_type(PacketPrint& print, uint16_t type) {
  PacketWriter& text = print.text;
  const char* name = ethertype_name(type);
  if (!print.options.quiet) {
    text.put("ethertype ");
    text.put(std::string_view(name != nullptr ? name : "Unknown"));
    text.put(" (0x");
    text.hex(type, 4);
    text.put(')');
  } else if (name != nullptr) {
    text.put(std::string_view(name));
  } else {
    text.put("Unknown Ethertype (0x");
    text.hex(type, 4);
    text.put(')');
  }
}

void put_length(PacketWriter& text, uint32_t length) {
  text.put(", length ");
  text.decimal(length);
  text.put(": ");
}

void put_macs(PacketPrint& print, const MacPlace& macs) {
  print.mac(macs.source);
  print.text.put(" > ");
  print.mac(macs.destination);
  print.text.put(", ");
}

}  // namespace

const char* ethertype_name(uint16_t type) {
  return word_for(kTypes, type);
}

void put_vlan_tag(PacketWriter& text, uint16_t tag) {
  text.put("vlan ");
  text.decimal(tag & 0xfff);
  text.put(", p ");
  text.decimal(tag >> 13);
  if ((tag & 0x1000) != 0) text.put(", DEI");
}

size_t print_ethernet(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "ether";
  PacketWriter& text = print.text;
  if (length < kAddressesBytes + 2 || !print.has(at, kAddressesBytes + 2)) {
    print.truncated();
    return std::min<size_t>(length, print.available(at));
  }
  if (++print.depth > 32) return kAddressesBytes + 2;
  const uint32_t frame_bytes = length;
  const size_t start = at;
  const MacPlace macs{at + 6, at};
  if (print.options.link_header) put_macs(print, macs);
  uint16_t type = print.u16(at + kAddressesBytes);
  at += kAddressesBytes + 2;
  length -= kAddressesBytes + 2;
  bool length_printed = false;
  while (is_vlan(type)) {
    if (length < 4 || !print.has(at, 4)) {
      print.protocol = "vlan";
      print.truncated();
      return at - start + std::min<size_t>(length, print.available(at));
    }
    if (print.options.link_header) {
      put_type(print, type);
      if (!length_printed)
        put_length(text, frame_bytes);
      else
        text.put(", ");
      length_printed = true;
      put_vlan_tag(text, print.u16(at));
      text.put(", ");
    }
    type = print.u16(at + 2);
    at += 4;
    length -= 4;
  }
  if (type <= kLongestLength) {
    length = std::min<uint32_t>(length, type);
    const EndLimit limit(print, at + length);
    if (print.options.link_header) {
      text.put("802.3");
      if (!length_printed) put_length(text, length);
    }
    const int header_bytes = print_llc(print, at, length, macs);
    if (header_bytes < 0) {
      const auto passed = static_cast<uint32_t>(-header_bytes);
      dump_payload(print, at, length);
      return at - start + passed;
    }
    return at - start + static_cast<size_t>(header_bytes);
  }
  if (print.options.link_header) {
    put_type(print, type);
    if (!length_printed)
      put_length(text, frame_bytes);
    else
      text.put(", ");
  }
  if (!print_ethertype(print, type, at, length)) {
    if (!print.options.link_header) {
      put_macs(print, macs);
      put_type(print, type);
      put_length(text, frame_bytes);
    }
    dump_payload(print, at, length);
  }
  return at - start;
}

bool print_ethertype(PacketPrint& print, uint16_t type, size_t at, uint32_t length) {
  switch (type) {
    case 0x0800:
      print_ip(print, at, length);
      return true;
    case 0x86dd:
      print_ip6(print, at, length);
      return true;
    case 0x0806:
    case 0x8035:
      print_arp(print, at, length);
      return true;
    case 0x8847:
    case 0x8848:
      print_mpls(print, at, length);
      return true;
    case 0x8863:
    case 0x8864:
      print_pppoe(print, at, length);
      return true;
    case 0x880b:
      if (length > 0) {
        print.text.put(": ");
        print_ppp(print, at, length);
      }
      return true;
    default:
      return false;
  }
}

}  // namespace weir::sink
