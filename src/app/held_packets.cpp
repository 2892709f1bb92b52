// SPDX-License-Identifier: Apache-2.0
#include "app/held_packets.h"

#include <algorithm>
#include <utility>

namespace weir::app {
namespace {

using decode::PacketDirection;
using decode::PacketRecord;

constexpr uint32_t kRawLinkType = 101;

bool has_link_header(const PacketRecord& record) {
  return record.interface->link_type != kRawLinkType;
}

}  // namespace

/// Behind all that were seen no later: records of several CPUs may come in another order.
HeldPackets::Place HeldPackets::begin(const PacketRecord& sight, uint64_t seen_ns) {
  Place place = held_.end();
  while (place != held_.begin() && std::prev(place)->first_ns > seen_ns) --place;
  if (spare_.empty()) spare_.emplace_front();
  const Place made = spare_.begin();
  held_.splice(place, spare_, made);
  place = made;
  place->first_ns = seen_ns;
  show(*place, sight);
  place->record.time_ns = sight.time_ns;
  return place;
}

void HeldPackets::show(Held& held, const PacketRecord& sight) {
  const int64_t time_ns = held.record.time_ns;
  bytes_ += sight.data.size() - held.data.size();
  held.data.assign(sight.data.begin(), sight.data.end());
  held.record = sight;
  held.record.time_ns = time_ns;
  held.record.hop.reset();
  held.record.dropped_before.reset();
}

void HeldPackets::take(const PacketRecord& sight, uint64_t seen_ns) {
  dropped_before_ += sight.dropped_before.value_or(0);
  Place place;
  if (!sight.packet_id) {
    place = begin(sight, seen_ns);
  } else if (*sight.packet_id > last_number_) {
    last_number_ = *sight.packet_id;
    place = begin(sight, seen_ns);
    by_number_[last_number_ % kNumbers] = {last_number_, place};
  } else {
    const Numbered& known = by_number_[*sight.packet_id % kNumbers];
    if (known.number != *sight.packet_id) {
      ++late_;
      return;
    }
    place = known.place;
    if (!has_link_header(place->record) && has_link_header(sight)) show(*place, sight);
  }
  place->path.push_back({sight.interface, sight.direction, sight.point, sight.hop});
  auto& owner = sight.direction == PacketDirection::inbound ? place->receiver : place->sender;
  if (!owner) owner = sight.process;
}

/// The memory of what was released is used again, unless it is much.
void HeldPackets::take_back() {
  if (released_.empty()) return;
  Held& held = released_.front();
  if (spare_.size() == kSpare || held.data.capacity() > kSpareBytes) return released_.clear();
  held.data.clear();
  held.path.clear();
  held.sender.reset();
  held.receiver.reset();
  spare_.splice(spare_.begin(), released_);
}

const PacketRecord* HeldPackets::release(uint64_t now_ns) {
  take_back();
  if (held_.empty()) return nullptr;
  Held& oldest = held_.front();
  const bool due = now_ns >= oldest.first_ns && now_ns - oldest.first_ns >= kHoldNs;
  const bool full = held_.size() > kPackets || bytes_ > kBytes;
  if (!due && !full) return nullptr;
  if (!due) ++early_;
  PacketRecord& record = oldest.record;
  if (record.packet_id) by_number_[*record.packet_id % kNumbers].number = 0;
  bytes_ -= oldest.data.size();
  released_.splice(released_.begin(), held_, held_.begin());

  const bool receives = record.direction == PacketDirection::inbound;
  record.process = receives ? oldest.receiver : oldest.sender;
  record.other_end = receives ? oldest.sender : oldest.receiver;
  record.path = oldest.path;
  record.data = oldest.data;
  if (dropped_before_ != 0) record.dropped_before = std::exchange(dropped_before_, 0);
  return &record;
}

}  // namespace weir::app
