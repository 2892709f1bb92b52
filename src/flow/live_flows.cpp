// SPDX-License-Identifier: Apache-2.0
#include "flow/live_flows.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "flow/live_flow.h"

namespace weir::flow {
namespace {

constexpr uint32_t kIdleSweepsBeforeRetiring = 2;
constexpr uint8_t kTcpListen = 10;

}  // namespace

LiveFlows::LiveFlows(LiveFlowsOptions options, Emit emit, FetchDetails fetch, Resolve resolve,
                     NameInterface name_interface)
    : options_(options),
      emit_(std::move(emit)),
      fetch_(std::move(fetch)),
      resolve_(std::move(resolve)),
      name_interface_(std::move(name_interface)) {}
LiveFlows::~LiveFlows() = default;
LiveFlows::LiveFlows(LiveFlows&&) noexcept = default;

LiveFlows::Member& LiveFlows::member_of(const decode::LiveKey& key, const flow_entry& entry,
                                        const flow_details& details) {
  auto& slot = members_[key];
  if (!slot) {
    slot = std::make_unique<Member>();
    slot->key = key;
    slot->entry = entry;
    slot->details = details;
    begin_flow(*slot);
    try_join(*slot);
  }
  return *slot;
}

void LiveFlows::begin_flow(Member& member) {
  member.flow = std::make_shared<Flow>();
  member.flow->members[0] = &member;
  member.flow->reported_ns = clock_.monotonic_ns;
  counters_.flows++;
}

void LiveFlows::list(std::span<const socket_listing> sockets, const SweepClock& clock) {
  clock_ = clock;
  for (const socket_listing& socket : sockets)
    if (socket.protocol == IPPROTO_TCP && socket.state == kTcpListen)
      listening_.insert(uint64_t{socket.owner.netns} << 16 | ntohs(socket.local_port));
  std::vector<Member*> fresh;
  std::unordered_set<decode::LiveKey> open;
  for (const socket_listing& socket : sockets) {
    if (socket.protocol != IPPROTO_TCP || socket.state == kTcpListen || socket.remote_port == 0) continue;
    uint32_t local = 0;
    const decode::LiveKey key = decode::LiveKey::canonical(decode::local_address(socket), socket.local_port,
                                                           decode::remote_address(socket), socket.remote_port,
                                                           IPPROTO_TCP, socket.owner.netns, &local);
    flow_entry entry{};
    entry.bits = FLOW_PARTIAL;
    flow_details details{};
    details.start_ns = clock.monotonic_ns;
    open.insert(key);
    Member& member = member_of(key, entry, details);
    if (!member.listed_ns) fresh.push_back(&member);
    if (!member.details.owner[local].pid) member.details.owner[local] = socket.owner;
    if (socket.srtt_us) member.entry.srtt_us[local] = socket.srtt_us;
    if (!member.listed_ns) member.listed_ns = clock.monotonic_ns;
  }
  for (Member* member : fresh)
    if (member->flow->living() == member) report(*member->flow, Moment::listed);
  for (auto& [key, member] : members_) {
    if (!member->listed_ns || member->in_kernel || open.contains(key)) continue;
    member->entry.bits |= FLOW_ENDED | FLOW_CLOSED;
    if (!member->details.end_ns) member->details.end_ns = clock.monotonic_ns;
  }
}

void LiveFlows::begin_sweep(const SweepClock& clock) {
  clock_ = clock;
  sweep_++;
}

bool LiveFlows::observe(const decode::LiveKey& key, const flow_entry& entry) {
  const auto known = members_.find(key);
  const bool followed = known != members_.end() && known->second->in_kernel;
  if (entry.generation != (followed ? known->second->entry.generation : 0)) return false;
  adopt(key, entry);
  return true;
}

void LiveFlows::adopt(const decode::LiveKey& key, const flow_entry& entry) {
  const auto known = members_.find(key);
  const bool followed = known != members_.end() && known->second->in_kernel;
  std::optional<flow_details> details;
  if (followed && known->second->entry.bits == entry.bits)
    details = known->second->details;
  else if (!(details = fetch_(key)))
    return;  // being made, or gone: it comes again, or came by the ring
  Member& member = member_of(key, entry, *details);
  const bool translated_before = member.entry.bits & FLOW_TRANSLATED;
  const auto packets = [](const flow_entry& e) {
    return e.direction[0].sent_packets + e.received[0].packets + e.direction[1].sent_packets +
           e.received[1].packets;
  };
  if (member.in_kernel && packets(member.entry) == packets(entry))
    member.idle_sweeps++;
  else
    member.idle_sweeps = 0;
  take_over(member, entry, *details);
  member.in_kernel = true;
  if (!member.sought || (!translated_before && (entry.bits & FLOW_TRANSLATED))) try_join(member);
}

/// The entry's new state; of a listed socket what the kernel's entry does not know stays.
void LiveFlows::take_over(Member& member, const flow_entry& entry, const flow_details& details) {
  const flow_details before = std::exchange(member.details, details);
  const flow_entry entry_before = std::exchange(member.entry, entry);
  if (!member.listed_ns) return;
  for (size_t i = 0; i < 2; i++) {
    if (!member.details.owner[i].pid) member.details.owner[i] = before.owner[i];
    if (!member.entry.srtt_us[i]) member.entry.srtt_us[i] = entry_before.srtt_us[i];
  }
}

/// Reads again what changes without a change of state: owners.
void LiveFlows::refresh(Flow& flow) {
  for (size_t i = 0; i < 2 && flow.members[i]; i++) {
    Member& half = *flow.members[i];
    if (flow.past[i] || !half.in_kernel) continue;
    if (const auto details = fetch_(half.key)) take_over(half, flow_entry(half.entry), *details);
  }
}

/// Takes a half out of the table; its flow keeps it as it is.
std::shared_ptr<LiveFlows::Flow> LiveFlows::make_past(Member& half) {
  leave_wires(half);
  const std::shared_ptr<Flow> flow = std::exchange(half.flow, nullptr);
  const auto place = members_.find(half.key);
  flow->past[flow->members[0] == &half ? 0 : 1] = std::move(place->second);
  members_.erase(place);
  return flow;
}

/// The half that was becomes past: its flow is told once the other half is past, too, or does not come.
void LiveFlows::restarted(const decode::FlowRestarted& event) {
  Member& half = member_of(event.key, event.entry, event.details);
  take_over(half, event.entry, event.details);
  if (!half.sought) try_join(half);
  const std::shared_ptr<Flow> flow = make_past(half);
  if (!flow->living()) {
    if (flow->members[1] || !may_join(half))
      report(*flow, Moment::ended);
    else
      past_.insert_or_assign({half.wire_tuple(), event.entry.isn}, Past{flow, sweep_});
  }
  flow_entry next{};
  std::copy_n(event.entry.direction, 2, next.direction);
  std::copy_n(event.entry.received, 2, next.received);
  std::copy_n(event.entry.retransmits, 2, next.retransmits);
  std::copy_n(event.entry.zero_windows, 2, next.zero_windows);
  next.generation = static_cast<uint8_t>(event.entry.generation + 1);
  // Not yet the other half of anything: its own addresses on the wire and sequence number come with its
  // entry.
  auto& slot = members_[event.key];
  slot = std::make_unique<Member>();
  slot->key = event.key;
  slot->entry = next;
  slot->base = next;
  slot->details.start_ns = clock_.monotonic_ns;
  slot->in_kernel = true;
  begin_flow(*slot);
}

void LiveFlows::overflow(const decode::FlowOverflow& event) {
  flow_entry entry{};
  flow_details details{};
  details.start_ns = event.time_ns;
  details.first_sender = static_cast<uint8_t>(event.from + 1);
  details.icmp_type = event.icmp_type;
  details.icmp_code = event.icmp_code;
  if ((event.tcp_flags & 0x12) == 0x02) entry.initiator = details.first_sender;
  const bool full = members_.size() >= options_.max_flows && !members_.contains(event.key);
  Member& member = member_of(event.key, entry, details);
  Totals& totals = (event.egress || event.key.tuple.netns == 0 ? member.overflow_sent
                                                               : member.overflow_received)[event.from];
  totals.packets += event.packets;
  totals.bytes += event.bytes;
  member.entry.tcp_flags[event.from] |= event.tcp_flags;
  member.overflow_ns = event.time_ns;
  if (!full) return;
  counters_.evicted++;
  FlowRecord record = record_of(*member.flow, Moment::ended);
  record.state = FlowState::evicted;
  record.part = member.flow->parts + 1;
  counters_.records++;
  emit_(record);
  drop(member);
}

/// No packet is to be expected any more.
bool LiveFlows::over(const Member& member) const {
  const bool tcp = member.key.tuple.protocol == IPPROTO_TCP;
  const auto idle_ns = static_cast<uint64_t>((tcp ? options_.tcp_idle : options_.other_idle).count());
  if (member.in_kernel) {
    if ((member.entry.bits & FLOW_ENDED) && member.idle_sweeps >= kIdleSweepsBeforeRetiring) return true;
    return member.idle_sweeps >= kIdleSweepsBeforeRetiring &&
           member.idle_jiffies(clock_.jiffies).value_or(0) * clock_.jiffy_ns >= idle_ns;
  }
  // Open until its socket says otherwise.
  if (member.listed_ns && !member.overflow_ns) return member.entry.bits & FLOW_ENDED;
  return clock_.monotonic_ns >= member.overflow_ns + idle_ns;
}

bool LiveFlows::moved(const Flow& flow) const {
  return flow.totals(0).packets > flow.reported[0].packets ||
         flow.totals(1).packets > flow.reported[1].packets;
}

void LiveFlows::begin_intervals(uint64_t monotonic_ns) {
  if (options_.interval) next_interval_ns_ = monotonic_ns + static_cast<uint64_t>(options_.interval->count());
}

/// Whether a point of the grid has passed since the last call that said so.
bool LiveFlows::take_interval() {
  if (!options_.interval) return false;
  if (next_interval_ns_ == 0) begin_intervals(clock_.monotonic_ns);
  if (clock_.monotonic_ns < next_interval_ns_) return false;
  const auto length = static_cast<uint64_t>(options_.interval->count());
  next_interval_ns_ += ((clock_.monotonic_ns - next_interval_ns_) / length + 1) * length;
  counters_.intervals++;
  return true;
}

std::vector<decode::LiveKey> LiveFlows::end_sweep() {
  const bool interval = take_interval();
  const auto part_is_due = [&](const Flow& flow) {
    return interval ||
           (options_.active &&
            clock_.monotonic_ns >= flow.reported_ns + static_cast<uint64_t>(options_.active->count()));
  };
  std::vector<decode::LiveKey> ended;
  for (auto& [key, member] : members_) {
    Flow& flow = *member->flow;
    if (flow.living() != member.get()) continue;
    bool all_over = true;
    for (size_t i = 0; i < 2 && flow.members[i]; i++) all_over &= flow.past[i] || over(*flow.members[i]);
    if (all_over) {
      for (size_t i = 0; i < 2 && flow.members[i]; i++)
        if (!flow.past[i]) ended.push_back(flow.members[i]->key);
      continue;
    }
    if (part_is_due(flow) && moved(flow)) report(flow, Moment::part);
  }
  tell_past(1);
  return ended;
}

void LiveFlows::retire(const decode::LiveKey& key, const std::optional<flow_entry>& last,
                       const std::optional<flow_details>& details) {
  const auto found = members_.find(key);
  if (found == members_.end()) return;
  Member& member = *found->second;
  if (last) take_over(member, *last, details.value_or(member.details));
  if (!member.sought) try_join(member);
  if (const std::shared_ptr<Flow> flow = make_past(member); !flow->living()) report(*flow, Moment::ended);
}

/// Past halves whose other half did not come within so many sweeps.
void LiveFlows::tell_past(uint64_t sweeps) {
  for (auto place = past_.begin(); place != past_.end();) {
    if (sweep_ < place->second.sweep + sweeps) {
      ++place;
      continue;
    }
    report(*place->second.flow, Moment::ended);
    place = past_.erase(place);
  }
}

/// Forgets a flow with both halves.
void LiveFlows::drop(Member& member) {
  const std::shared_ptr<Flow> flow = member.flow;
  for (size_t i = 0; i < 2 && flow->members[i]; i++) {
    if (flow->past[i]) continue;
    leave_wires(*flow->members[i]);
    const decode::LiveKey key = flow->members[i]->key;
    members_.erase(key);
  }
}

/// Emits the difference since the flow's last record.
void LiveFlows::report(Flow& flow, Moment moment) {
  refresh(flow);
  FlowRecord record = record_of(flow, moment);
  const size_t source = source_index(*flow.members[0]);
  for (size_t i = 0; i < 2; i++) {
    const Totals now = flow.totals(i);
    const Totals part = now.since(flow.reported[i]);
    FlowEnd& end = i == source ? record.source : record.destination;
    end.packets = part.packets;
    end.bytes = part.bytes;
    end.retransmits = part.retransmits;
    end.zero_windows = part.zero_windows;
    end.resets = part.resets;
    flow.reported[i].raise_to(now);
  }
  record.part = ++flow.parts;
  flow.start_wall_ns = record.start_ns;
  flow.reported_ns = clock_.monotonic_ns;
  counters_.records++;
  emit_(record);
}

void LiveFlows::finish() {
  tell_past(0);
  std::vector<Member*> firsts;
  for (auto& [key, member] : members_)
    if (member->flow->living() == member.get()) firsts.push_back(member.get());
  for (Member* member : firsts) {
    Flow& flow = *member->flow;
    if (flow.ended())
      report(flow, Moment::ended);
    else if (moved(flow) || flow.parts == 0)
      report(flow, Moment::end_of_run);
    drop(*member);
  }
}

void LiveFlows::for_each(const std::function<void(const FlowRecord&)>& each) {
  for (const auto& [key, member] : members_)
    if (member->flow->living() == member.get()) refresh(*member->flow);
  for (const auto& [key, member] : members_)
    if (member->flow->living() == member.get())
      each(record_of(*member->flow, member->flow->ended() ? Moment::ended : Moment::part));
}

}  // namespace weir::flow
