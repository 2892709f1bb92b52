// SPDX-License-Identifier: Apache-2.0
// Two entries of the kernel that are one flow seen from two namespaces: found, and made one.
#include <algorithm>
#include <cstring>
#include <utility>

#include "flow/live_flow.h"

namespace weir::flow {
namespace {

/// Loopback and link-local addresses mean another host in every namespace.
bool is_local_to_namespace(const decode::IpAddress& address) {
  const uint8_t* b = address.bytes.data();
  if (address.version == 4) return b[0] == 127 || (b[0] == 169 && b[1] == 254);
  static constexpr uint8_t kLoopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::memcmp(b, kLoopback, 16) == 0 || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

}  // namespace

/// second's address[0] is first's address[1].
bool LiveFlows::is_turned(const Member& first, const Member& second) {
  const bool crosswise = !(first.wire_tuple() == second.wire_tuple());
  return first.wire_address(0) != (crosswise ? second.key.address(0) : second.wire_address(0)) ||
         first.wire_port(0) != (crosswise ? second.key.tuple.port[0] : second.wire_port(0));
}

/// Whether there can be another half: the same packets with another key. Without NAT loopback and link-local
/// never join.
bool LiveFlows::may_join(const Member& member) {
  if (member.key.tuple.netns == 0) return false;
  return (member.entry.bits & FLOW_TRANSLATED) ||
         !(is_local_to_namespace(member.key.address(0)) || is_local_to_namespace(member.key.address(1)));
}

/// Looks for the other half among the past and the living; stands itself where that one will look for it.
void LiveFlows::try_join(Member& member) {
  leave_wires(member);
  member.sought = true;
  if (member.flow->members[1] || !may_join(member)) return;
  const decode::LiveKey wire = member.wire_tuple();
  if (const auto found = past_.find({wire, member.entry.isn}); found != past_.end()) {
    const std::shared_ptr<Flow> other = found->second.flow;
    past_.erase(found);
    join(member.flow, other);
    return;
  }
  Member* other = find_mirror(member, wire);
  // Where NAT is in this namespace, each half's packets carry the other half's addresses.
  if (!other && (member.entry.bits & FLOW_TRANSLATED)) other = find_mirror(member, member.key_tuple());
  if (other) {
    leave_wires(*other);
    join(member.flow, std::shared_ptr<Flow>(other->flow));
    return;
  }
  member.wire = wire;
  wires_.emplace(wire, &member);
}

/// Who stands under `tuple` and has the other half of the packets.
LiveFlows::Member* LiveFlows::find_mirror(const Member& member, const decode::LiveKey& tuple) {
  const auto [begin, end] = wires_.equal_range(tuple);
  for (auto place = begin; place != end; ++place) {
    Member& other = *place->second;
    // The initial sequence number tells two connections of one tuple apart; 0: the SYN was not seen.
    if (other.entry.isn != member.entry.isn && other.entry.isn && member.entry.isn) continue;
    if (other.key.tuple.netns == member.key.tuple.netns) return &other;
    if (!(tuple == member.wire_tuple()) || is_local_to_namespace(member.wire_address(0)) ||
        is_local_to_namespace(member.wire_address(1)))
      continue;
    // What one half sent, the other received; else these are two hosts with the same addresses.
    const size_t turned = is_turned(member, other);
    if (!(member.has_sent(0) && other.has_sent(turned)) &&
        !(member.has_sent(1) && other.has_sent(turned ^ 1)))
      return &other;
  }
  return nullptr;
}

void LiveFlows::leave_wires(Member& member) {
  if (!member.wire) return;
  const auto [begin, end] = wires_.equal_range(*member.wire);
  const auto place = std::find_if(begin, end, [&](const auto& each) { return each.second == &member; });
  if (place != end) wires_.erase(place);
  member.wire.reset();
}

/// Makes one flow of two that have one half each.
void LiveFlows::join(std::shared_ptr<Flow> newer, std::shared_ptr<Flow> older) {
  // The half of the initiator names the flow: with NAT, its addresses are those that the application used.
  const auto initiates = [](const Member& half) {
    const flow_entry& entry = half.entry;
    return entry.initiator && half.details.owner[entry.initiator - 1].pid != 0 &&
           entry.direction[entry.initiator - 1].sent_packets > 0;
  };
  const Member &a = *newer->members[0], &b = *older->members[0];
  const bool newer_first =
      initiates(a) != initiates(b) ? initiates(a) : a.details.start_ns < b.details.start_ns;
  const std::shared_ptr<Flow>& joined = newer_first ? newer : older;
  const std::shared_ptr<Flow>& gone = newer_first ? older : newer;
  const Member& first = *joined->members[0];
  Member& second = *gone->members[0];
  joined->members[1] = &second;
  joined->turned = is_turned(first, second);
  for (size_t i = 0; i < 2; i++) joined->reported[i].raise_to(gone->reported[joined->index_in(1, i)]);
  joined->parts = std::max(joined->parts, gone->parts);
  if (!joined->start_wall_ns) joined->start_wall_ns = gone->start_wall_ns;
  joined->past[1] = std::move(gone->past[0]);
  if (!joined->past[1]) second.flow = joined;
  counters_.joined++;
}

}  // namespace weir::flow
