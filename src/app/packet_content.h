// SPDX-License-Identifier: Apache-2.0
// What stays the same of a packet on its way through a node, as numbers to compare. Knows no point and no
// time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace weir::app {

struct PacketContent {
  /// Tells packets in one buffer apart: length and IP id, TCP's sequence number or an echo's; what follows
  /// UDP's header; of other protocols, and of what is not IP, the first octets.
  uint64_t words = 0;
  /// Tells packets of the node apart, whatever their buffer: length, IP id, TCP's numbers, the first octets
  /// of the payload. Where there are neither id nor numbers, addresses and ports too, which NAT changes.
  /// Empty for what is not IP.
  std::optional<uint64_t> key;
  /// From the frame's first octet to its first header behind Ethernet and its tags.
  size_t header_offset = 0;
};

inline uint64_t mixed(uint64_t value) {
  value *= 0x9e3779b97f4a7c15u;
  return value ^ value >> 32;
}

/// Before the first header of a live frame of LINKTYPE_* `link_type`: Ethernet's, or none.
inline size_t link_header_bytes(uint32_t link_type) {
  return link_type == 1 ? 14 : 0;
}

/// Of a frame of which at least PACKET_SHORTEST_COPY octets are there, or all. `link_bytes` (14: Ethernet; 0)
/// stand before the first header, without tags. Empty for a frame that ends before it.
std::optional<PacketContent> packet_content(std::span<const uint8_t> data, size_t link_bytes);

}  // namespace weir::app
