// SPDX-License-Identifier: Apache-2.0
#include "app/packet_trail.h"

#include <bit>

#include "app/packet_content.h"

namespace weir::app {

uint32_t point_number(const packet_event& head) {
  return std::rotl(head.ifindex, 4) ^ (uint32_t{head.point} << 2 | head.direction);
}

std::optional<uint64_t> PacketTrail::number_of(const decode::PacketEvent& event, size_t link_bytes) {
  const packet_event& head = event.head;
  if (head.buffer == 0) return std::nullopt;
  const auto content = packet_content(event.data, link_bytes);
  if (!content) return std::nullopt;
  // XDP has tags in the buffer, elsewhere they were put back into the record.
  const size_t header_offset = head.point == PACKET_POINT_XDP ? content->header_offset : link_bytes;
  const uint64_t key = mixed(mixed(head.buffer + header_offset) + content->words);
  const uint32_t point = point_number(head);
  Sight& sight = sights_[key % kPackets];
  const bool goes_on = sight.number != 0 && sight.key == key && !sight.passed.full() &&
                       head.time_ns < sight.passed.last_ns + kMomentNs && !sight.passed.at(point);
  if (!goes_on) {
    sight = {};
    sight.key = key;
    sight.number = ++last_number_;
  }
  sight.passed.add(point);
  sight.passed.last_ns = head.time_ns;
  return sight.number;
}

}  // namespace weir::app
