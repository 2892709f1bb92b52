// SPDX-License-Identifier: Apache-2.0
// A printer for each protocol, in tcpdump 4.99's words. `at` is where its header starts, `length` what the
// layer below says its packet has; how much of it was captured is in `print.end`.
#pragma once

#include <cstdint>
#include <optional>

#include "sink/packet_print.h"

namespace weir::sink {

/// The IP header that a transport header belongs to: pseudo headers and addresses come from it.
struct IpPlace {
  size_t at = 0;
  uint8_t version = 4;
  bool fragment = false;  // any of several: no checksum can be verified
};

/// Where the MAC addresses stand that nobody printed yet, for frames that only they identify.
struct MacPlace {
  size_t source = 0;
  size_t destination = 0;
};

/// Returns the bytes of the link header, which -x and -X leave out.
size_t print_link(PacketPrint& print, uint32_t link_type, uint32_t wire_bytes);
size_t print_ethernet(PacketPrint& print, size_t at, uint32_t length);
/// False, and nothing printed, where the EtherType has no printer here.
bool print_ethertype(PacketPrint& print, uint16_t type, size_t at, uint32_t length);
/// "IPv4", "802.1Q", ...; null where unknown.
const char* ethertype_name(uint16_t type);
/// Prints "vlan 5, p 0".
void put_vlan_tag(PacketWriter& text, uint16_t tag);
/// Returns the header's bytes; negative where its payload is for the caller to dump.
int print_llc(PacketPrint& print, size_t at, uint32_t length, const std::optional<MacPlace>& macs);
void print_stp(PacketPrint& print, size_t at, uint32_t length);
size_t print_ppp(PacketPrint& print, size_t at, uint32_t length);
/// A PPP packet from its protocol field on.
void print_ppp_payload(PacketPrint& print, uint16_t protocol, size_t at, uint32_t length);
void print_mpls(PacketPrint& print, size_t at, uint32_t length);
size_t print_pppoe(PacketPrint& print, size_t at, uint32_t length);
void print_arp(PacketPrint& print, size_t at, uint32_t length);

/// By the version in the first byte.
void print_ip_any(PacketPrint& print, size_t at, uint32_t length);
void print_ip(PacketPrint& print, size_t at, uint32_t length);
void print_ip6(PacketPrint& print, size_t at, uint32_t length);
/// What follows the IP header (or IPv6's extensions).
void print_ip_payload(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip, uint8_t protocol);
/// "TCP", "UDP", "ICMP", ...; null where unknown.
const char* ip_protocol_name(uint8_t protocol);
/// Where the address stands that the pseudo header takes: a routing header's last (RFC 8200 8.1), else the
/// header's.
size_t ip6_final_destination(PacketPrint& print, size_t at);
/// Sum of the pseudo header of a segment of `bytes` bytes, to start PacketPrint::checksum with.
uint32_t pseudo_header_sum(PacketPrint& print, const IpPlace& ip, uint32_t bytes, uint8_t protocol);
/// "10.0.0.1.80 > 10.0.0.2.1234: "; without addresses where extension headers printed them already.
void put_ports(PacketPrint& print, const IpPlace& ip, uint8_t protocol, uint16_t source,
               uint16_t destination);
/// `before` and "abcd (->1234)!" where the checksum at `field_at` over `bytes` at `at` is wrong; false and
/// nothing where it is right, or cannot or shall not be looked at.
bool put_wrong_checksum(PacketPrint& print, size_t at, size_t bytes, size_t field_at,
                        std::string_view before);
/// "10.0.0.1 > 10.0.0.2".
void put_addresses(PacketPrint& print, const IpPlace& ip);

void print_tcp(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip);
/// What comes after the fixed header; `sequences` are those to take off SACK blocks. False: cut or malformed,
/// and said so.
bool print_tcp_options(PacketPrint& print, size_t at, uint32_t bytes, uint32_t acknowledged_base);
void print_udp(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip);
void print_icmp(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip);
void print_icmp6(PacketPrint& print, size_t at, uint32_t length, const IpPlace& ip);
void print_icmp6_options(PacketPrint& print, size_t at, uint32_t length);
void print_mld(PacketPrint& print, size_t at, uint32_t length, uint8_t type);
void print_igmp(PacketPrint& print, size_t at, uint32_t length);
/// The group records of a report of IGMPv3 (`address_bytes` 4) or MLDv2 (16), whose own header begins at
/// `at`.
void print_group_records(PacketPrint& print, size_t at, uint32_t length, uint32_t address_bytes);
/// ", 2 source(s)"; with -vv " { 10.0.0.1 10.0.0.2 }".
void put_group_sources(PacketPrint& print, size_t at, uint32_t count, uint32_t address_bytes);
void print_gre(PacketPrint& print, size_t at, uint32_t length);
void print_vxlan(PacketPrint& print, size_t at, uint32_t length);
void print_geneve(PacketPrint& print, size_t at, uint32_t length);

void print_dns(PacketPrint& print, size_t at, uint32_t length, bool over_tcp, bool multicast);
/// A domain name at `at`, whose compression pointers count from `message`. Returns the offset after it; 0
/// where it is cut or malformed.
size_t print_domain_name(PacketPrint& print, size_t at, size_t message);

enum class TextProtocol : uint8_t { http, smtp, ftp, rtsp, sip, whois, ssh };
/// ": HTTP: GET / HTTP/1.1"; with -v every line.
void print_text_protocol(PacketPrint& print, size_t at, uint32_t length, TextProtocol protocol);

/// The bytes as -X shows them, for payloads without a printer; not where -x or -X shows them anyway, nor with
/// -q.
void dump_payload(PacketPrint& print, size_t at, uint32_t length);
void dump_always(PacketPrint& print, size_t at, uint32_t length);
/// Hexadecimal lines, each after `indent`, for parts that are named and not read.
void dump_unknown(PacketPrint& print, size_t at, uint32_t length, std::string_view indent);
/// Seconds as "1y2w3d", "10m5s".
void put_relative_time(PacketWriter& text, uint32_t seconds);

}  // namespace weir::sink
