// SPDX-License-Identifier: Apache-2.0
// Entries and ring records of the flow programs -> checked values. Knows no map and no ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <variant>

#include "decode/address.h"
#include "wire/flow.h"
#include "wire/socket.h"

namespace weir::decode {

/// A live flow's 5-tuple in the kernel side's order (wire/flow.h), its namespace whole.
struct LiveTuple {
  uint8_t address[2][16]{};  // IPv4 in the first 4 bytes
  __be16 port[2]{};
  uint32_t netns = 0;  // inode number
  uint8_t protocol = 0;
  uint8_t reserved[3]{};
};

/// The key of a live flow of either version.
struct LiveKey {
  LiveTuple tuple{};
  uint32_t version = 4;

  /// `netns`: flow_entry.netns, of which the map's key has the lower bits.
  static LiveKey of(const flow_key4& key, uint32_t netns);
  static LiveKey of(const flow_key6& key, uint32_t netns);
  /// As the kernel side orders it (wire/flow.h). `local` gets the index of the first address given.
  static LiveKey canonical(const IpAddress& address, __be16 port, const IpAddress& other, __be16 other_port,
                           uint8_t protocol, uint32_t netns, uint32_t* local);

  flow_key4 to_v4() const;
  flow_key6 to_v6() const;
  /// Of the map flow_details (wire/flow.h), which holds both versions.
  flow_key6 details_key() const;
  IpAddress address(size_t index) const;
  uint16_t port(size_t index) const;  // host byte order

  bool operator==(const LiveKey& other) const {
    return version == other.version && std::memcmp(&tuple, &other.tuple, sizeof(tuple)) == 0;
  }
  size_t hash() const;
};

/// An ended entry began anew; `entry` is its state before.
struct FlowRestarted {
  LiveKey key;
  flow_entry entry;
  flow_details details;
};

/// A packet that found the map full.
struct FlowOverflow {
  LiveKey key;
  uint64_t time_ns = 0;  // CLOCK_MONOTONIC
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint8_t from = 0;
  bool egress = false;
  uint8_t tcp_flags = 0;
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
};

/// False for an entry that a packet is just making: its namespace may not stand there yet.
inline bool is_counted(const flow_entry& entry) {
  return entry.direction[0].sent_packets || entry.direction[1].sent_packets || entry.received[0].packets ||
         entry.received[1].packets;
}

using FlowEvent = std::variant<FlowRestarted, FlowOverflow>;

/// Empty for an unknown kind, a size that the kind does not have, or a field out of its range.
std::optional<FlowEvent> decode_flow_event(std::span<const std::byte> record);

/// The addresses of a socket that was listed.
IpAddress local_address(const socket_listing& socket);
IpAddress remote_address(const socket_listing& socket);

}  // namespace weir::decode

template <>
struct std::hash<weir::decode::LiveKey> {
  size_t operator()(const weir::decode::LiveKey& key) const { return key.hash(); }
};
