// SPDX-License-Identifier: Apache-2.0
// For tests: a frame with an IPv4 header as one hook after the other tells it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decode/packet_event.h"

namespace weir::app {

struct Sighted {
  std::vector<uint8_t> bytes = std::vector<uint8_t>(60);
  packet_event head{};

  explicit Sighted(uint64_t buffer, uint16_t id = 7) {
    bytes[12] = 8;
    bytes[14] = 0x45;
    bytes[17] = 46;
    bytes[18] = static_cast<uint8_t>(id >> 8);
    bytes[19] = static_cast<uint8_t>(id);
    bytes[23] = 17;
    head.buffer = buffer;
    head.ifindex = 1;
    head.point = PACKET_POINT_TC;
    head.direction = PACKET_EGRESS;
    head.time_ns = 1'000'000'000;
  }
  Sighted& at(uint8_t point, uint32_t ifindex, uint8_t direction, uint64_t later_ns = 1000) {
    head.point = point;
    head.ifindex = ifindex;
    head.direction = direction;
    head.time_ns += later_ns;
    return *this;
  }
  decode::PacketEvent event(size_t from = 0) const { return {head, std::span(bytes).subspan(from)}; }
};

}  // namespace weir::app
