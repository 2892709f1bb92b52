// SPDX-License-Identifier: Apache-2.0
// Which sights are of one packet: those of one buffer, with the same length and IP id, at different points
// within a moment. Gives each packet a number, and tells what changed from point to point; bounded, and knows
// neither names nor owners.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "app/packet_content.h"
#include "decode/packet_event.h"
#include "decode/packet_record.h"

namespace weir::app {

class PacketTrail {
 public:
  static constexpr uint64_t kMomentNs = 50'000'000;
  static constexpr size_t kPackets = 16384;
  static constexpr size_t kPoints = 16;  // a longer way goes on under a new number

  PacketTrail() : sights_(kPackets), contents_(kPackets) {}

  /// The packet's number, the same at each point that it passes; empty where the hook does not tell the
  /// buffer, and for frames that end before their first header does. `link_bytes` stand before the IP header.
  /// A point seen again is another packet's sight: the kernel uses buffers again.
  std::optional<uint64_t> number_of(const decode::PacketEvent& event, size_t link_bytes);
  /// Fills in the record's `packet_id`, and its `hop` where the packet has passed a point before.
  void follow(const decode::PacketEvent& event, decode::PacketRecord& record);

  /// Packets that began a new number on their way: what no hop changes of them was seen within a moment at
  /// another point, in another buffer.
  uint64_t broken() const { return broken_; }

 private:
  /// The points that were passed.
  struct Passed {
    uint64_t last_ns = 0;
    uint32_t count = 0;
    std::array<uint32_t, kPoints> points{};
    bool at(uint32_t point) const;
    void add(uint32_t point);
  };
  struct Sight {
    uint64_t key = 0;
    uint64_t number = 0;
    Passed passed;
    decode::PacketHeaders headers;  // as last seen, each
  };
  struct Content {
    uint64_t key = 0;
    Passed passed;
  };

  Sight* sight_of(const decode::PacketEvent& event, size_t link_bytes);
  void look_for_break(uint64_t content, uint32_t point, uint64_t now_ns, bool new_number);

  std::vector<Sight> sights_;
  std::vector<Content> contents_;
  uint64_t last_number_ = 0;
  uint64_t broken_ = 0;
};

}  // namespace weir::app
