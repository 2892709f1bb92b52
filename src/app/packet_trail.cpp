// SPDX-License-Identifier: Apache-2.0
#include "app/packet_trail.h"

#include <algorithm>
#include <bit>

namespace weir::app {
namespace {

constexpr uint32_t kEthernetLinkType = 1;
constexpr size_t kEthernetBytes = 14;

uint32_t point_of(const packet_event& head) {
  return std::rotl(head.ifindex, 4) ^ (uint32_t{head.point} << 2 | head.direction);
}

bool is_within_moment(uint64_t now_ns, uint64_t before_ns) {
  return now_ns < before_ns + PacketTrail::kMomentNs;
}

}  // namespace

bool PacketTrail::Passed::at(uint32_t point) const {
  return std::find(points.begin(), points.begin() + count, point) != points.begin() + count;
}

void PacketTrail::Passed::add(uint32_t point) {
  if (count < kPoints) points[count++] = point;
}

PacketTrail::Sight* PacketTrail::sight_of(const decode::PacketEvent& event, size_t link_bytes) {
  const packet_event& head = event.head;
  if (head.buffer == 0) return nullptr;
  const auto content = packet_content(event.data, link_bytes);
  if (!content) return nullptr;
  // XDP has tags in the buffer, elsewhere they were put back into the record.
  const size_t header_offset = head.point == PACKET_POINT_XDP ? content->header_offset : link_bytes;
  const uint64_t key = mixed(mixed(head.buffer + header_offset) + content->words);
  const uint32_t point = point_of(head);
  Sight& sight = sights_[key % kPackets];
  const bool goes_on = sight.number != 0 && sight.key == key && sight.passed.count < kPoints &&
                       is_within_moment(head.time_ns, sight.passed.last_ns) && !sight.passed.at(point);
  if (!goes_on) {
    sight = {};
    sight.key = key;
    sight.number = ++last_number_;
  }
  sight.passed.add(point);
  if (content->key) look_for_break(*content->key, point, head.time_ns, !goes_on);
  return &sight;
}

/// A packet that is seen for the first time, though its like has just been at other points alone.
void PacketTrail::look_for_break(uint64_t content, uint32_t point, uint64_t now_ns, bool new_number) {
  Content& known = contents_[content % kPackets];
  const bool same = known.key == content && is_within_moment(now_ns, known.passed.last_ns);
  if (!same && !new_number) return;  // forgotten for another
  if (!same || (new_number && known.passed.at(point))) {
    known = {};
    known.key = content;
  } else if (new_number) {
    ++broken_;
  }
  if (!known.passed.at(point)) known.passed.add(point);
  known.passed.last_ns = now_ns;
}

std::optional<uint64_t> PacketTrail::number_of(const decode::PacketEvent& event, size_t link_bytes) {
  Sight* const sight = sight_of(event, link_bytes);
  if (sight == nullptr) return std::nullopt;
  sight->passed.last_ns = event.head.time_ns;
  return sight->number;
}

void PacketTrail::follow(const decode::PacketEvent& event, decode::PacketRecord& record) {
  record.packet_id.reset();
  record.hop.reset();
  const uint32_t link_type = record.interface->link_type;
  Sight* const sight = sight_of(event, link_type == kEthernetLinkType ? kEthernetBytes : 0);
  if (sight == nullptr) return;
  decode::PacketHeaders now = decode::read_headers(link_type, event.data, event.head.wire_bytes);
  if (sight->passed.count > 1) {
    if (!now.ethernet) now.ethernet = sight->headers.ethernet;
    if (!now.ip) now.ip = sight->headers.ip;
    if (!now.ports) now.ports = sight->headers.ports;
    const uint64_t before_ns = std::min<uint64_t>(sight->passed.last_ns, event.head.time_ns);
    record.hop.emplace(decode::PacketHop{event.head.time_ns - before_ns, sight->headers, now});
  }
  sight->headers = now;
  sight->passed.last_ns = event.head.time_ns;
  record.packet_id = sight->number;
}

}  // namespace weir::app
