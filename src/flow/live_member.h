// SPDX-License-Identifier: Apache-2.0
// One entry of the kernel's flow maps as user space follows it: its last state and what was before.
#pragma once

#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "decode/flow_snapshot.h"

namespace weir::flow {

inline bool has_port_numbers(uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/// What one end sent, so far or since the last record.
struct Totals {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t retransmits = 0;
  uint64_t zero_windows = 0;
  uint64_t resets = 0;

  /// Never below 0: a total may change the hook that it is taken from.
  Totals since(const Totals& before) const {
    const auto difference = [](uint64_t now, uint64_t then) { return now > then ? now - then : 0; };
    return {difference(packets, before.packets), difference(bytes, before.bytes),
            difference(retransmits, before.retransmits), difference(zero_windows, before.zero_windows),
            difference(resets, before.resets)};
  }
  void add(const Totals& other) {
    packets += other.packets;
    bytes += other.bytes;
    retransmits += other.retransmits;
    zero_windows += other.zero_windows;
    resets += other.resets;
  }
  void raise_to(const Totals& other) {
    packets = std::max(packets, other.packets);
    bytes = std::max(bytes, other.bytes);
    retransmits = std::max(retransmits, other.retransmits);
    zero_windows = std::max(zero_windows, other.zero_windows);
    resets = std::max(resets, other.resets);
  }
};

/// An entry, from when it was first seen until it is taken out of its map.
struct LiveMember {
  decode::LiveKey key;
  flow_entry entry{};       // as last read
  flow_details details{};   // as last read, which is not every sweep
  flow_entry base{};        // counters when this flow began: they go on when a tuple is used again
  Totals overflow_sent[2];  // packets that found the map full
  Totals overflow_received[2];
  uint64_t overflow_ns = 0;  // the last of them; 0: none
  uint64_t listed_ns = 0;    // a socket older than Weir; 0: no
  uint32_t idle_sweeps = 0;
  bool in_kernel = false;

  bool has_sent(size_t from) const {
    return entry.direction[from].sent_packets > base.direction[from].sent_packets ||
           overflow_sent[from].packets > 0;
  }

  /// Since the last packet either way; empty where none was counted.
  std::optional<uint32_t> idle_jiffies(uint64_t now) const {
    std::optional<uint32_t> idle;
    for (size_t from = 0; from < 2; from++) {
      const flow_direction& direction = entry.direction[from];
      if (!direction.sent_packets && !entry.received[from].packets) continue;
      // A packet counted after the clock was read is in its future.
      const int32_t since = static_cast<int32_t>(static_cast<uint32_t>(now) - direction.last_jiffies);
      const uint32_t own = since > 0 ? static_cast<uint32_t>(since) : 0;
      idle = std::min(own, idle.value_or(own));
    }
    return idle;
  }

  /// Packets from address[from]: as sent where any was seen being sent, else as received.
  Totals totals(size_t from) const {
    Totals totals;
    if (has_sent(from)) {
      const flow_direction& now = entry.direction[from];
      const flow_direction& then = base.direction[from];
      totals.packets = now.sent_packets - then.sent_packets + overflow_sent[from].packets;
      totals.bytes = now.sent_bytes - then.sent_bytes + overflow_sent[from].bytes;
    } else {
      const flow_receipt& now = entry.received[from];
      const flow_receipt& then = base.received[from];
      totals.packets = now.packets - then.packets + overflow_received[from].packets;
      totals.bytes = now.bytes - then.bytes + overflow_received[from].bytes;
    }
    totals.retransmits = entry.retransmits[from] - base.retransmits[from];
    totals.zero_windows = static_cast<uint16_t>(entry.zero_windows[from] - base.zero_windows[from]);
    totals.resets = details.resets[from];
    return totals;
  }

  /// The address and port at `index` as in the packets, where NAT changed them.
  decode::IpAddress wire_address(size_t index) const {
    if (!(entry.bits & FLOW_TRANSLATED)) return key.address(index);
    return key.version == 4 ? decode::IpAddress::v4(details.wire_address[index])
                            : decode::IpAddress::v6(details.wire_address[index]);
  }
  __be16 wire_port(size_t index) const {
    return entry.bits & FLOW_TRANSLATED ? details.wire_port[index] : key.tuple.port[index];
  }
  /// The socket's own 5-tuple, of no namespace.
  decode::LiveKey key_tuple() const {
    decode::LiveKey tuple = key;
    tuple.tuple.netns = 0;
    return tuple;
  }
  /// The 5-tuple as on the wire, of no namespace: the same for both halves of a flow.
  decode::LiveKey wire_tuple() const {
    return decode::LiveKey::canonical(wire_address(0), wire_port(0), wire_address(1), wire_port(1),
                                      key.tuple.protocol, 0, nullptr);
  }
};

}  // namespace weir::flow
