// SPDX-License-Identifier: Apache-2.0
#include "app/packet_hops.h"

#include <algorithm>

#include "app/packet_content.h"

namespace weir::app {
void PacketHops::follow(const decode::PacketEvent& event, decode::PacketRecord& record) {
  record.hop.reset();
  if (!record.packet_id) return;
  decode::PacketHeaders now =
      decode::read_headers(record.interface->link_type, event.data, event.head.wire_bytes);
  LastSeen& before = last_seen_[*record.packet_id % PacketTrail::kPackets];
  if (before.number == *record.packet_id) {
    if (!now.ethernet) now.ethernet = before.headers.ethernet;
    if (!now.ip) now.ip = before.headers.ip;
    if (!now.ports) now.ports = before.headers.ports;
    const auto before_ns = std::min<uint64_t>(before.at_ns, event.head.time_ns);
    record.hop.emplace(decode::PacketHop{event.head.time_ns - before_ns, before.headers, now});
  }
  before = {*record.packet_id, event.head.time_ns, now};
}

/// Where a number begins, its like has just begun elsewhere, and not here: it goes on.
void PacketHops::look_for_break(const decode::PacketEvent& event, const decode::PacketRecord& record) {
  if (!record.packet_id || *record.packet_id <= last_number_) return;
  last_number_ = *record.packet_id;
  const auto content = packet_content(event.data, link_header_bytes(record.interface->link_type));
  if (!content || !content->key) return;
  const uint32_t point = point_number(event.head);
  Content& known = contents_[*content->key % contents_.size()];
  const bool same =
      known.key == *content->key && event.head.time_ns < known.begun.last_ns + PacketTrail::kMomentNs;
  if (same && !known.begun.at(point)) {
    if (!known.begun.full()) ++broken_;
  } else {
    known = {};
    known.key = *content->key;
  }
  known.begun.add(point);
  known.begun.last_ns = event.head.time_ns;
}

}  // namespace weir::app
