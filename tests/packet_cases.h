// SPDX-License-Identifier: Apache-2.0
// One table of frames and what the parser must find in them: run natively and in the kernel.
#pragma once

#include <arpa/inet.h>

#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "packet/link.h"
#include "tests/packet_builder.h"
#include "wire/packet_info.h"

namespace weir::tests {

/// packet_info as a person writes it: addresses as text, ports and ids in host byte order.
struct Expected {
  packet_result result = PACKET_OK;
  std::string source = {};
  std::string destination = {};
  uint32_t ip_bytes = 0;
  uint32_t payload_bytes = 0;
  uint32_t l3_offset = 0;
  uint32_t l4_offset = 0;
  uint8_t protocol = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t tcp_flags = 0;
  uint32_t tcp_sequence = 0;
  uint32_t tcp_acknowledgment = 0;
  uint16_t tcp_window = 0;
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  uint16_t icmp_id = 0;
  uint8_t fragment = PACKET_NOT_FRAGMENT;
  uint32_t fragment_id = 0;
  uint16_t ether_type = 0;
  uint8_t link_tags = 0;
  uint8_t tunnels = 0;
  bool has_ports = false;
  bool has_l4 = false;

  packet_info info() const {
    packet_info info{};
    const Bytes from = address_bytes(source.empty() ? "0.0.0.0" : source);
    const Bytes to = address_bytes(destination.empty() ? "0.0.0.0" : destination);
    std::memcpy(&info.source, from.data(), from.size());
    std::memcpy(&info.destination, to.data(), to.size());
    info.version = source.empty() ? 0 : from.size() == 4 ? 4 : 6;
    info.ip_bytes = ip_bytes, info.payload_bytes = payload_bytes;
    info.l3_offset = l3_offset, info.l4_offset = l4_offset;
    info.protocol = protocol;
    info.source_port = htons(source_port), info.destination_port = htons(destination_port);
    info.tcp_flags = tcp_flags, info.tcp_window = tcp_window;
    info.tcp_sequence = tcp_sequence, info.tcp_acknowledgment = tcp_acknowledgment;
    info.icmp_type = icmp_type, info.icmp_code = icmp_code, info.icmp_id = htons(icmp_id);
    info.fragment = fragment;
    info.fragment_id = info.version == 6 ? htonl(fragment_id) : htons(static_cast<uint16_t>(fragment_id));
    info.ether_type = ether_type, info.link_tags = link_tags, info.tunnels = tunnels;
    info.has_ports = has_ports, info.has_l4 = has_l4;
    return info;
  }
};

struct PacketCase {
  std::string name;  // a sentence of behaviour
  Bytes frame;
  Expected expected;
  int link = PACKET_LINK_ETHERNET;
  bool decapsulate = false;

  friend void PrintTo(const PacketCase& packet, std::ostream* to) { *to << packet.name; }
};

/// What a plain TCP{} segment of builder defaults gives behind an IPv4{} header at `l3`.
inline Expected tcp4(uint32_t l3, uint32_t payload = 0, uint16_t ether_type = 0x0800) {
  return {.source = "10.0.0.7",
          .destination = "10.0.0.9",
          .ip_bytes = 40 + payload,
          .payload_bytes = payload,
          .l3_offset = l3,
          .l4_offset = l3 + 20,
          .protocol = 6,
          .source_port = 51514,
          .destination_port = 80,
          .tcp_flags = kAck,
          .tcp_sequence = 0x11223344,
          .tcp_acknowledgment = 0x55667788,
          .tcp_window = 502,
          .ether_type = ether_type,
          .has_ports = true,
          .has_l4 = true};
}

/// The same behind an IPv6{} header.
inline Expected tcp6(uint32_t l3, uint32_t payload = 0, uint16_t ether_type = 0x86dd) {
  Expected expected = tcp4(l3, payload, ether_type);
  expected.source = "2001:db8::7", expected.destination = "2001:db8::9";
  expected.ip_bytes = 60 + payload, expected.l4_offset = l3 + 40;
  return expected;
}

/// A valid IP header without a transport header that counts.
inline Expected without_l4(Expected expected, packet_result result, uint8_t protocol) {
  Expected bare{.result = result,
                .source = expected.source,
                .destination = expected.destination,
                .ip_bytes = expected.ip_bytes,
                .l3_offset = expected.l3_offset,
                .l4_offset = expected.l4_offset,
                .protocol = protocol,
                .ether_type = expected.ether_type,
                .link_tags = expected.link_tags};
  return bare;
}

/// `expected` with some fields changed.
template <class Change>
Expected with(Expected expected, Change change) {
  change(expected);
  return expected;
}

std::vector<PacketCase> link_cases();
std::vector<PacketCase> ip_cases();
std::vector<PacketCase> transport_cases();
std::vector<PacketCase> tunnel_cases();

inline std::vector<PacketCase> packet_cases() {
  std::vector<PacketCase> all = link_cases();
  for (auto cases : {ip_cases(), transport_cases(), tunnel_cases()})
    all.insert(all.end(), cases.begin(), cases.end());
  return all;
}

}  // namespace weir::tests
