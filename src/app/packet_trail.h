// SPDX-License-Identifier: Apache-2.0
// Which sights are of one packet: those of one buffer, with the same length and IP id, at different points
// within a moment. Gives each packet a number; bounded, and knows neither names nor owners.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "decode/packet_event.h"

namespace weir::app {

class PacketTrail {
 public:
  static constexpr uint64_t kMomentNs = 50'000'000;
  static constexpr size_t kPackets = 16384;
  static constexpr size_t kPoints = 8;  // a longer way goes on under a new number

  PacketTrail() : sights_(kPackets) {}

  /// The packet's number, the same at each point that it passes; empty for what is not IP, and where the hook
  /// does not tell the buffer. `link_bytes` stand before the IP header. A point seen again is another
  /// packet's sight: the kernel uses buffers again.
  std::optional<uint64_t> number_of(const decode::PacketEvent& event, size_t link_bytes);

 private:
  struct Sight {
    uint64_t key = 0;
    uint64_t number = 0;
    uint64_t last_ns = 0;
    uint32_t points = 0;
    std::array<uint32_t, kPoints> passed{};
  };

  std::vector<Sight> sights_;
  uint64_t last_number_ = 0;
};

}  // namespace weir::app
