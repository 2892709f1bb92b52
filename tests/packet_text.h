// SPDX-License-Identifier: Apache-2.0
// All fields of packet_info as text, so that a test that fails shows which differ.
#pragma once

#include <cstdio>
#include <string>

#include "wire/packet_info.h"

namespace weir::tests {

inline std::string packet_text(const packet_info& info) {
  std::string text;
  auto field = [&](const char* name, unsigned long value) {
    char line[64];
    std::snprintf(line, sizeof line, "%s %lu (%#lx)\n", name, value, value);
    text += line;
  };
  auto address = [&](const char* name, const packet_address& value) {
    text += name;
    for (unsigned char byte : value.v6) {
      char hex[4];
      std::snprintf(hex, sizeof hex, " %02x", byte);
      text += hex;
    }
    text += '\n';
  };
  address("source", info.source);
  address("destination", info.destination);
  field("ip_bytes", info.ip_bytes);
  field("payload_bytes", info.payload_bytes);
  field("l3_offset", info.l3_offset);
  field("l4_offset", info.l4_offset);
  field("fragment_id", info.fragment_id);
  field("tcp_sequence", info.tcp_sequence);
  field("tcp_acknowledgment", info.tcp_acknowledgment);
  field("source_port", info.source_port);
  field("destination_port", info.destination_port);
  field("tcp_window", info.tcp_window);
  field("ether_type", info.ether_type);
  field("icmp_id", info.icmp_id);
  field("version", info.version);
  field("protocol", info.protocol);
  field("tcp_flags", info.tcp_flags);
  field("fragment", info.fragment);
  field("icmp_type", info.icmp_type);
  field("icmp_code", info.icmp_code);
  field("tunnels", info.tunnels);
  field("has_ports", info.has_ports);
  field("has_l4", info.has_l4);
  field("link_tags", info.link_tags);
  return text;
}

}  // namespace weir::tests
