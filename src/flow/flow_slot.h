// SPDX-License-Identifier: Apache-2.0
// What the table keeps of one flow: three cache lines, no pointer, nothing allocated.
#pragma once

#include <cstdint>

#include "flow/flow_key.h"

namespace weir::flow {

/// How far a TCP flow has come; the order matters.
enum class Phase : uint8_t { none, syn, syn_ack, established };

/// How a flow ended, while it waits for stragglers.
enum class End : uint8_t { none, closed, reset, rejected };

/// What ICMP errors said of a flow that they quoted; the order matters.
enum class Quoted : uint8_t { none, error, unreachable };

/// Packets from one address of the key to the other, since the flow's last record.
struct SlotDirection {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint32_t retransmits = 0;
  uint32_t zero_windows = 0;
  uint32_t resets = 0;
  uint32_t next_sequence = 0;  // one past the highest seen; with sequence_known
  uint8_t tcp_flags = 0;       // all seen in the whole flow
  bool seen = false;           // any packet in the whole flow
  bool sequence_known = false;
  uint8_t reserved = 0;
  uint32_t owner = 0;  // of the sending end, in the OwnerTable
};
static_assert(sizeof(SlotDirection) == 40);

struct alignas(64) FlowSlot {
  static constexpr uint16_t kUnlinked = 0xffff;

  // Line 0: every packet.
  FlowKey key;
  int64_t last_ns = 0;
  uint64_t interfaces = 0;  // bit i: capture interface i; bit 63: one beyond
  uint8_t initiator = 0;    // index into key.address
  Phase phase = Phase::none;
  End end = End::none;
  bool live = false;
  bool syn_seen = false;
  bool partial = false;
  Quoted quoted = Quoted::none;
  bool icmp_known = false;  // icmp_type and icmp_code mean something

  // Line 1: packets from address[0], and what is rarely touched.
  SlotDirection from_lower;
  int64_t start_ns = 0;
  int64_t handshake_ns = 0;  // the SYN's time until established, then the duration
  uint32_t isn = 0;
  uint32_t part = 1;

  // Line 2: packets from address[1], and what is rarely touched.
  SlotDirection from_upper;
  int64_t split_ns = 0;  // the end of this part (--active); kNever: nothing to report yet
  uint32_t hash = 0;
  uint32_t next = 0;      // in the timer wheel's bucket
  uint32_t previous = 0;  // the same
  uint16_t bucket = kUnlinked;
  uint8_t icmp_type = 0;  // of the first packet
  uint8_t icmp_code = 0;

  SlotDirection& direction(unsigned from) { return from == 0 ? from_lower : from_upper; }
  const SlotDirection& direction(unsigned from) const { return from == 0 ? from_lower : from_upper; }
  bool answered() const { return direction(initiator ^ 1u).seen; }
};
static_assert(sizeof(FlowSlot) == 192);

inline constexpr int64_t kNever = INT64_MAX;
inline constexpr uint32_t kNoSlot = UINT32_MAX;

}  // namespace weir::flow
