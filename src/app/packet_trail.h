// SPDX-License-Identifier: Apache-2.0
// Which sights are of one packet: those of one buffer, with the same length and IP id, at different points
// within a moment. Gives each packet a number; bounded, and knows neither names nor owners.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "decode/packet_event.h"

namespace weir::app {

/// Points that were passed, as numbers; more than N are not kept.
template <size_t N>
struct PassedPoints {
  uint64_t last_ns = 0;
  uint32_t count = 0;
  std::array<uint32_t, N> points{};

  bool full() const { return count == N; }
  bool at(uint32_t point) const {
    return std::find(points.begin(), points.begin() + count, point) != points.begin() + count;
  }
  void add(uint32_t point) {
    if (!full()) points[count++] = point;
  }
};

/// Hook, interface and direction as one number.
uint32_t point_number(const packet_event& head);

class PacketTrail {
 public:
  static constexpr uint64_t kMomentNs = 50'000'000;
  static constexpr size_t kPackets = 16384;
  static constexpr size_t kPoints = 16;  // a longer way goes on under a new number

  PacketTrail() : sights_(kPackets) {}

  /// The packet's number, the same at each point that it passes, and larger than all before at its first;
  /// empty where the hook does not tell the buffer, and for frames that end before their first header does.
  /// `link_bytes` stand before the IP header. A point seen again is another packet's sight: the kernel uses
  /// buffers again.
  std::optional<uint64_t> number_of(const decode::PacketEvent& event, size_t link_bytes);

 private:
  struct Sight {
    uint64_t key = 0;
    uint64_t number = 0;
    PassedPoints<kPoints> passed;
  };

  std::vector<Sight> sights_;
  uint64_t last_number_ = 0;
};

}  // namespace weir::app
