// SPDX-License-Identifier: Apache-2.0
#include "app/live_records.h"

#include <algorithm>

namespace weir::app {
namespace {

using decode::CapturePoint;
using decode::ChecksumState;
using decode::PacketDirection;

constexpr uint32_t kEthernetLinkType = 1;

CapturePoint point_of(uint8_t point) {
  switch (point) {
    case PACKET_POINT_XDP:
      return CapturePoint::xdp;
    case PACKET_POINT_CGROUP:
      return CapturePoint::cgroup;
    case PACKET_POINT_SOCKET:
      return CapturePoint::socket;
    default:
      return CapturePoint::tc;
  }
}

ChecksumState checksum_of(uint8_t checksum) {
  switch (checksum) {
    case PACKET_CHECKSUM_FILLED:
      return ChecksumState::filled;
    case PACKET_CHECKSUM_PARTIAL:
      return ChecksumState::partial;
    default:
      return ChecksumState::unknown;
  }
}

}  // namespace

LiveRecords::LiveRecords(PacketTaps& taps, int cgroup_root) : taps_(taps), processes_(cgroup_root) {
  if (taps.has_several_points()) trail_.emplace();
}

void LiveRecords::refresh() {
  clock_.refresh();
  const packets_lost lost = taps_.object().lost();
  const uint64_t sum = lost.ring_full + lost.unreadable;
  if (sum == ring_full_) return;
  ring_full_ = sum;
  for (const auto& known : taps_.interfaces()) {
    Counts& counts = counts_of(known->index);
    const uint64_t now = taps_.object().lost_of(known->interface.ifindex);
    counts.untold += now - std::min(now, counts.lost);
    counts.lost = now;
  }
}

LiveRecords::Counts& LiveRecords::counts_of(uint32_t index) {
  if (index >= counts_.size()) counts_.resize(index + 1);
  return counts_[index];
}

void LiveRecords::count(const decode::PacketEvent& event) {
  ++received_;
  ++counts_of(taps_.known(event.head.point, event.head.ifindex).index).received;
}

decode::ProcessPtr LiveRecords::owner_of(const socket_owner& owner) {
  if (owner.pid == 0) return nullptr;
  // Packets come in bursts of one process.
  if (!last_process_ || owner.pid != last_owner_.pid || owner.start_ns != last_owner_.start_ns) {
    last_process_ = processes_.resolve(owner);
    last_owner_ = owner;
  }
  return last_process_;
}

const decode::PacketRecord& LiveRecords::record_of(const decode::PacketEvent& event) {
  const packet_event& head = event.head;
  const PacketTaps::Known& known = taps_.known(head.point, head.ifindex);
  Counts& counts = counts_of(known.index);
  ++received_;
  ++counts.received;
  record_.time_ns = clock_.wall_ns(head.time_ns);
  record_.data = event.data;
  if (known.interface.snap_bytes && record_.data.size() > known.interface.snap_bytes)
    record_.data = record_.data.first(known.interface.snap_bytes);
  record_.wire_bytes = head.wire_bytes;
  record_.interface = &known.interface;
  record_.interface_index = known.index;
  record_.direction = head.direction == PACKET_INGRESS ? PacketDirection::inbound : PacketDirection::outbound;
  record_.point = point_of(head.point);
  record_.checksum = checksum_of(head.checksum);
  record_.dropped_before.reset();
  if (counts.untold) record_.dropped_before = std::exchange(counts.untold, 0);
  record_.process = owner_of(head.owner);
  record_.packet_id.reset();
  if (trail_)
    record_.packet_id = trail_->number_of(event, known.interface.link_type == kEthernetLinkType ? 14 : 0);
  return record_;
}

std::vector<sink::InterfaceCounts> LiveRecords::interface_counts() const {
  std::vector<sink::InterfaceCounts> all;
  for (const auto& known : taps_.interfaces()) {
    const Counts counts = known->index < counts_.size() ? counts_[known->index] : Counts{};
    all.push_back({known->index, counts.received + counts.lost, counts.lost});
  }
  return all;
}

}  // namespace weir::app
