// SPDX-License-Identifier: Apache-2.0
// One entry of the kernel's flow maps as user space follows it: its last state and what was before.
#pragma once

#include <algorithm>
#include <cstdint>

#include "decode/flow_snapshot.h"

namespace weir::flow {

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
  flow_entry entry{};        // as last read
  flow_direction base[2]{};  // counters when this flow began: they go on when a tuple is used again
  Totals overflow_sent[2];   // packets that found the map full
  Totals overflow_received[2];
  uint64_t overflow_ns = 0;  // the last of them; 0: none
  uint64_t listed_ns = 0;    // a socket older than Weir; 0: no
  uint32_t idle_sweeps = 0;
  bool in_kernel = false;

  bool has_sent(size_t from) const {
    return entry.direction[from].sent_packets > base[from].sent_packets || overflow_sent[from].packets > 0;
  }

  /// Packets from address[from]: as sent where any was seen being sent, else as received.
  Totals totals(size_t from) const {
    const flow_direction& now = entry.direction[from];
    const flow_direction& then = base[from];
    Totals totals;
    if (has_sent(from)) {
      totals.packets = now.sent_packets - then.sent_packets + overflow_sent[from].packets;
      totals.bytes = now.sent_bytes - then.sent_bytes + overflow_sent[from].bytes;
    } else {
      totals.packets = now.received_packets - then.received_packets + overflow_received[from].packets;
      totals.bytes = now.received_bytes - then.received_bytes + overflow_received[from].bytes;
    }
    totals.retransmits = now.retransmits - then.retransmits;
    totals.zero_windows = now.zero_windows - then.zero_windows;
    totals.resets = static_cast<uint16_t>(now.resets - then.resets);
    return totals;
  }

  /// The address and port at `index` as in the packets, where NAT changed them.
  decode::IpAddress wire_address(size_t index) const {
    if (!(entry.bits & FLOW_TRANSLATED)) return key.address(index);
    return key.version == 4 ? decode::IpAddress::v4(entry.wire_address[index])
                            : decode::IpAddress::v6(entry.wire_address[index]);
  }
  __be16 wire_port(size_t index) const {
    return entry.bits & FLOW_TRANSLATED ? entry.wire_port[index] : key.wire.port[index];
  }
  /// The 5-tuple as on the wire, of no namespace: the same for both halves of a flow.
  decode::LiveKey wire_tuple() const {
    return decode::LiveKey::canonical(wire_address(0), wire_port(0), wire_address(1), wire_port(1),
                                      key.wire.protocol, 0, nullptr);
  }
};

}  // namespace weir::flow
