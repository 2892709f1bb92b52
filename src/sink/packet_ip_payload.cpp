// SPDX-License-Identifier: Apache-2.0
// What an IP packet carries: from the protocol number to the printer.
#include "sink/packet_printers.h"

namespace weir::sink {
namespace {

constexpr uint32_t kDeepest = 32;  // packets in packets; tcpdump has no limit, a stack does

constexpr NumberWord kProtocolNames[] = {{0, "Options"},
                                         {1, "ICMP"},
                                         {2, "IGMP"},
                                         {4, "IPIP"},
                                         {6, "TCP"},
                                         {8, "EGP"},
                                         {9, "IGRP"},
                                         {17, "UDP"},
                                         {33, "DCCP"},
                                         {41, "IPv6"},
                                         {43, "Routing"},
                                         {44, "Fragment"},
                                         {46, "RSVP"},
                                         {47, "GRE"},
                                         {50, "ESP"},
                                         {51, "AH"},
                                         {55, "Mobile IP"},
                                         {58, "ICMPv6"},
                                         {62, "Mobile IP (old)"},
                                         {77, "ND"},
                                         {88, "EIGRP"},
                                         {89, "OSPF"},
                                         {103, "PIM"},
                                         {108, "Compressed IP"},
                                         {112, "VRRP"},
                                         {113, "PGM"},
                                         {132, "SCTP"},
                                         {135, "Mobility"},
                                         {143, "Ethernet"}};

struct PayloadName {
  uint8_t protocol;
  const char* name;
};
/// Protocols that we name and do not read.
constexpr PayloadName kUnread[] = {{8, "EGP"},        {9, "IGRP"},   {33, "DCCP"},  {46, "RSVP"},
                                   {55, "Mobile IP"}, {88, "EIGRP"}, {89, "OSPF"},  {103, "PIM"},
                                   {112, "VRRP"},     {113, "PGM"},  {132, "SCTP"}, {135, "Mobility"}};

void print_esp(PacketPrint& print, size_t at, uint32_t length) {
  print.protocol = "esp";
  if (!print.check(at, 8)) return;
  print.text.put("ESP(spi=0x");
  print.text.hex(print.u32(at), 8);
  print.text.put(",seq=0x");
  print.text.hex(print.u32(at + 4));
  print.text.put("), length ");
  print.text.decimal(length);
}

/// Returns the header's bytes; 0 where it was cut or is malformed.
uint32_t print_ah(PacketPrint& print, size_t at) {
  print.protocol = "ah";
  PacketWriter& text = print.text;
  if (!print.check(at, 12)) return 0;
  const uint32_t words = print.u8(at + 1);
  const uint32_t icv_bytes = words > 1 ? (words + 2) * 4 - 12 : 0;
  text.put("AH(");
  if (print.options.verbosity > 0) {
    text.put("length=");
    text.decimal(words);
    text.put("(");
    text.decimal(icv_bytes + 12);
    text.put("-bytes),");
  }
  if (const uint16_t reserved = print.u16(at + 2); reserved != 0) {
    text.put("reserved=0x");
    text.hex(reserved);
    text.put("[MustBeZero],");
  }
  text.put("spi=0x");
  text.hex(print.u32(at + 4), 8);
  text.put(',');
  text.put("seq=0x");
  text.hex(print.u32(at + 8));
  text.put(",icv=0x");
  print.hex_bytes(at + 12, icv_bytes);
  if (print.cut) return 0;
  text.put("): ");
  return (words + 2) * 4;
}

void put_requires(PacketPrint& print, uint8_t protocol, const char* version) {
  print.text.put('[');
  print.text.put(std::string_view(ip_protocol_name(protocol)));
  print.text.put(" requires ");
  print.text.put(std::string_view(version));
  print.text.put(']');
  print.invalid();
}

}  // namespace

const char* ip_protocol_name(uint8_t protocol) {
  return word_for(kProtocolNames, protocol);
}

void print_ip_payload(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip, uint8_t protocol) {
  PacketWriter& text = print.text;
  if (++print.depth > kDeepest) {
    if (!print.cut) text.put("[nested too deep]");
    return;
  }
  for (int headers = 0; protocol == 51 && headers < 8; ++headers) {
    print.protocol = "ah";
    const uint8_t next = print.u8(at);
    const uint32_t bytes = print_ah(print, at);
    if (bytes == 0 || bytes > length) return;
    at += bytes;
    length -= bytes;
    protocol = next;
  }
  switch (protocol) {
    case 6:
      return print_tcp(print, at, length, ip);
    case 17:
      return print_udp(print, at, length, ip);
    case 1:
      return ip.version == 4 ? print_icmp(print, at, length, ip) : put_requires(print, 1, "IPv4");
    case 58:
      return ip.version == 6 ? print_icmp6(print, at, length, ip) : put_requires(print, 58, "IPv6");
    case 2:
      return ip.version == 4 ? print_igmp(print, at, length) : put_requires(print, 2, "IPv4");
    case 4:
      return print_ip(print, at, length);
    case 41:
      return print_ip6(print, at, length);
    case 47:
      return print_gre(print, at, length);
    case 50:
      return print_esp(print, at, length);
    case 59:
      return text.put("no next header");
    case 77:
      text.put(" nd ");
      return text.decimal(length);
    case 108:
      print.protocol = "ipcomp";
      if (!print.check(at, 4)) return;
      text.put("IPComp(cpi=0x");
      text.hex(print.u16(at + 2), 4);
      return text.put(')');
    case 143:
      if (ip.version != 6) return put_requires(print, 143, "IPv6");
      print_ethernet(print, at, length);
      return;
    default:
      break;
  }
  for (const PayloadName& known : kUnread) {
    if (known.protocol != protocol) continue;
    if (protocol == 132 || protocol == 33) {  // the callers left the addresses to these
      put_addresses(print, ip);
      text.put(": ");
    }
    text.put(std::string_view(known.name));
    text.put(", length ");
    return text.decimal(length);
  }
  text.put(" ip-proto-");
  text.decimal(protocol);
  text.put(' ');
  text.decimal(length);
}

uint32_t pseudo_header_sum(PacketPrint& print, const IpPlace& ip, uint32_t bytes, uint8_t protocol) {
  uint32_t sum = (bytes >> 16) + (bytes & 0xffff) + protocol;
  const size_t from = ip.at + (ip.version == 4 ? 12 : 8);
  const size_t address_bytes = ip.version == 4 ? 4 : 16;
  size_t destination = from + address_bytes;
  if (ip.version == 4) {
    // A source route's last hop is the destination (RFC 791 3.1).
    size_t option = ip.at + 20;
    const size_t options_end = ip.at + (print.u8(ip.at) & 15u) * 4;
    while (option < options_end && print.has(option, 2)) {
      const uint8_t code = print.data[option];
      if (code == 0) break;
      const uint8_t option_bytes = code == 1 ? 1 : print.data[option + 1];
      if (option_bytes == 0 || (code != 1 && option_bytes < 2) || option + option_bytes > options_end) break;
      if ((code == 131 || code == 137) && option_bytes >= 7 && print.has(option, option_bytes)) {
        destination = option + option_bytes - 4;
        break;
      }
      option += option_bytes;
    }
  } else {
    destination = ip6_final_destination(print, ip.at);
  }
  for (size_t i = 0; i < address_bytes; i += 2) sum += print.u16(from + i);
  for (size_t i = 0; i < address_bytes; i += 2) sum += print.u16(destination + i);
  return sum;
}

}  // namespace weir::sink
