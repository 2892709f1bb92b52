// SPDX-License-Identifier: Apache-2.0
// What happened to numbered packets from point to point: time and header fields; and how often a packet got a
// new number on its way. Bounded; knows neither names nor owners.
#pragma once

#include <cstdint>
#include <vector>

#include "app/packet_trail.h"
#include "decode/packet_event.h"
#include "decode/packet_record.h"

namespace weir::app {

class PacketHops {
 public:
  PacketHops() : last_seen_(PacketTrail::kPackets), contents_(PacketTrail::kPackets) {}

  /// Fills in the record's `hop` where the packet, by the `packet_id` that PacketTrail gave, has passed a
  /// point before.
  void follow(const decode::PacketEvent& event, decode::PacketRecord& record);
  /// To be called once for each sight, in their order.
  void look_for_break(const decode::PacketEvent& event, const decode::PacketRecord& record);

  /// Packets that began a new number on their way: within a moment, one with all that no hop changes had
  /// begun at another point, and none at this one.
  uint64_t broken() const { return broken_; }

 private:
  struct LastSeen {
    uint64_t number = 0;
    uint64_t at_ns = 0;
    decode::PacketHeaders headers;  // each as last seen
  };
  /// Of more points than these none is taken for a break.
  static constexpr size_t kContentPoints = 7;
  struct Content {
    uint64_t key = 0;
    PassedPoints<kContentPoints> begun;  // where numbers began
  };

  std::vector<LastSeen> last_seen_;  // by number
  std::vector<Content> contents_;    // by key
  uint64_t last_number_ = 0;
  uint64_t broken_ = 0;
};

}  // namespace weir::app
