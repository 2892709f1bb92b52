// SPDX-License-Identifier: Apache-2.0
// What one TCP segment says about its flow: who began it, how far it is, what was sent again, how it ended.
#pragma once

#include "flow/flow_slot.h"

namespace weir::flow {

inline constexpr uint8_t kFin = 1;
inline constexpr uint8_t kSyn = 2;
inline constexpr uint8_t kRst = 4;
inline constexpr uint8_t kAck = 16;

/// The distance from `from` to `to` modulo 2^32 (RFC 9293 3.4), negative where `to` is older.
inline int32_t sequence_distance(uint32_t from, uint32_t to) {
  return static_cast<int32_t>(to - from);
}

/// A connection request with another initial sequence number than the flow's own.
inline bool is_new_request(const FlowSlot& flow, const packet_info& segment) {
  return (segment.tcp_flags & (kSyn | kAck | kRst)) == kSyn &&
         !(flow.syn_seen && segment.tcp_sequence == flow.isn);
}

/// Counts a segment that begins below what its sender sent before; a keep-alive (at most one byte at one
/// below the next, RFC 9293 3.8.4) is none. Segments out of order look the same and count too.
inline void track_sequence(SlotDirection& sender, const packet_info& segment) {
  const uint32_t length =
      segment.payload_bytes + ((segment.tcp_flags & kSyn) ? 1 : 0) + ((segment.tcp_flags & kFin) ? 1 : 0);
  const uint32_t end = segment.tcp_sequence + length;
  if (!sender.sequence_known) {
    sender.sequence_known = true;
    sender.next_sequence = end;
    return;
  }
  if (length == 0) return;
  const int32_t ahead = sequence_distance(sender.next_sequence, segment.tcp_sequence);
  const bool keep_alive = ahead == -1 && segment.payload_bytes <= 1 && !(segment.tcp_flags & (kSyn | kFin));
  if (ahead < 0 && !keep_alive) ++sender.retransmits;
  if (sequence_distance(sender.next_sequence, end) > 0) sender.next_sequence = end;
}

inline void track_request(FlowSlot& flow, unsigned from, const packet_info& segment, int64_t time_ns) {
  SlotDirection& sender = flow.direction(from);
  if (!flow.syn_seen) {
    flow.syn_seen = true;
    flow.partial = false;
    flow.initiator = static_cast<uint8_t>(from);
    flow.phase = Phase::syn;
    flow.isn = segment.tcp_sequence;
    flow.handshake_ns = time_ns;
    sender.sequence_known = false;  // what was seen before belongs to another connection
  } else if (from == flow.initiator && segment.tcp_sequence != flow.isn) {
    flow.isn = segment.tcp_sequence;
    sender.sequence_known = false;
  }
}

inline void track_reset(FlowSlot& flow, unsigned from, const packet_info& segment, bool sender_seen) {
  const unsigned to = from ^ 1u;
  ++flow.direction(from).resets;
  if (flow.end != End::none) return;
  const bool refuses_unseen_request =
      (segment.tcp_flags & kAck) && !flow.syn_seen && !sender_seen && !(flow.direction(to).tcp_flags & kAck);
  const bool refuses_request = flow.phase == Phase::syn && from != flow.initiator && !sender_seen;
  if (refuses_unseen_request) flow.initiator = static_cast<uint8_t>(to);
  flow.end = refuses_unseen_request || refuses_request ? End::rejected : End::reset;
}

/// To be called for each segment whose header was there, after the flow was found or made. `sender_seen`: the
/// sender had sent a packet of this flow before.
inline void track_tcp(FlowSlot& flow, unsigned from, const packet_info& segment, int64_t time_ns,
                      bool sender_seen) {
  SlotDirection& sender = flow.direction(from);
  const uint8_t flags = segment.tcp_flags;
  sender.tcp_flags |= flags;
  if (flags & kRst) return track_reset(flow, from, segment, sender_seen);
  if ((flags & (kSyn | kAck)) == kSyn) {
    track_request(flow, from, segment, time_ns);
  } else if (flags & kSyn) {
    if (!flow.syn_seen && !sender_seen && !flow.direction(from ^ 1u).seen)
      flow.initiator = static_cast<uint8_t>(from ^ 1u);  // an answer: the other one asked
    if (flow.phase == Phase::syn && from != flow.initiator) flow.phase = Phase::syn_ack;
  } else if (flow.phase == Phase::syn_ack && from == flow.initiator && (flags & kAck)) {
    flow.phase = Phase::established;
    flow.handshake_ns = time_ns - flow.handshake_ns;
  }
  track_sequence(sender, segment);
  if (segment.tcp_window == 0) ++sender.zero_windows;
  if (flow.end == End::none && (flow.from_lower.tcp_flags & flow.from_upper.tcp_flags & kFin))
    flow.end = End::closed;
}

}  // namespace weir::flow
