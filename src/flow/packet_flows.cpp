// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_flows.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

#include "flow/icmp_error.h"
#include "flow/slot_record.h"
#include "flow/tcp_tracker.h"

namespace weir::flow {
namespace {

constexpr size_t kBatch = 32;
constexpr int64_t kMaxTimeNs = int64_t{1}
                               << 62;  // the year 2116: sums of a time and an option cannot overflow
constexpr uint32_t kEvictionSample = 16;

int64_t bounded_ns(std::chrono::nanoseconds duration) {
  return std::clamp<int64_t>(duration.count(), 1, kMaxTimeNs);
}

}  // namespace

base::Result<PacketFlows> PacketFlows::create(const PacketFlowsOptions& options, Emit emit) {
  if (options.max_flows == 0 || options.max_flows > kMaxFlows)
    return base::fail(base::ErrorKind::bad_input, "--max-flows takes 1 to " + std::to_string(kMaxFlows));
  auto slots = SlotPool::reserve(static_cast<uint32_t>(options.max_flows));
  if (!slots) return tl::unexpected(std::move(slots).error());
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) return base::fail_errno(errno, "getrandom");
  return PacketFlows(options, std::move(emit), std::move(*slots), seed);
}

PacketFlows::PacketFlows(const PacketFlowsOptions& options, Emit emit, SlotPool slots, uint64_t seed)
    : tcp_idle_ns_(bounded_ns(options.tcp_idle)),
      other_idle_ns_(bounded_ns(options.other_idle)),
      end_wait_ns_(bounded_ns(options.end_wait)),
      active_ns_(options.active ? bounded_ns(*options.active) : 0),
      seed_(seed),
      emit_(std::move(emit)),
      slots_(std::move(slots)),
      fragments_(seed) {}

void PacketFlows::name_interface(uint32_t index, std::string name) {
  if (index >= kNamedInterfaces) return;
  if (interface_names_.size() <= index) interface_names_.resize(index + 1);
  interface_names_[index] = std::move(name);
}

uint32_t PacketFlows::find(const FlowKey& key, uint32_t hash) const {
  return index_.find(
      hash, [&](uint32_t slot) { return slots_[slot].key == key; }, kNoSlot);
}

/// Three passes, so that the cells of the whole batch are fetched while keys are made, then the slots while
/// cells are read.
void PacketFlows::add(std::span<const FlowPacket> packets) {
  std::array<OrientedKey, kBatch> keys;
  std::array<uint32_t, kBatch> hashes;
  while (!packets.empty()) {
    const size_t size = std::min(packets.size(), kBatch);
    for (size_t i = 0; i < size; ++i) {
      keys[i] = make_key(packets[i].info);
      hashes[i] = hash_key(keys[i].key, seed_);
      index_.prefetch(hashes[i]);
    }
    for (size_t i = 0; i < size; ++i) {
      const uint32_t slot = index_.peek(hashes[i], kNoSlot);
      if (slot == kNoSlot) continue;
      __builtin_prefetch(&slots_[slot], 1);
      __builtin_prefetch(&slots_[slot].direction(keys[i].from), 1);
    }
    for (size_t i = 0; i < size; ++i) {
      move_clock(packets[i].time_ns);
      if (packets[i].info.fragment) [[unlikely]] {
        keys[i] = fragment_key(packets[i].info);
        hashes[i] = hash_key(keys[i].key, seed_);
      }
      count(packets[i], keys[i], hashes[i]);
    }
    packets = packets.subspan(size);
  }
}

/// Never backwards: a packet older than the one before it counts as of that one's time.
void PacketFlows::move_clock(int64_t time_ns) {
  time_ns = std::clamp<int64_t>(time_ns, 0, kMaxTimeNs);
  if (time_ns < now_ns_)
    ++counters_.times_backwards;
  else
    advance(time_ns);
}

OrientedKey PacketFlows::fragment_key(const packet_info& info) {
  if (info.fragment == PACKET_FIRST_FRAGMENT) {
    const PortPair ports = port_pair(info);
    fragments_.remember(info, ports, now_ns_);
    return make_key(info, info.protocol, ports);
  }
  const auto transport = fragments_.find(info, now_ns_);
  if (!transport) {
    ++counters_.fragment_orphans;
    return make_key(info, info.protocol, {});
  }
  return make_key(info, transport->protocol, transport->ports);
}

void PacketFlows::count(const FlowPacket& packet, const OrientedKey& oriented, uint32_t hash) {
  uint32_t slot = find(oriented.key, hash);
  const bool segment = oriented.key.protocol == kTcp && packet.info.has_l4;
  if (slot != kNoSlot) {
    FlowSlot& flow = slots_[slot];
    if (now_ns_ >= end_deadline(flow) ||
        (segment && flow.end != End::none && is_new_request(flow, packet.info))) {
      end(slot, Cause::ended_or_idle);
      slot = kNoSlot;
    }
  }
  if (slot == kNoSlot) {
    slot = take_slot();
    begin(slot, packet, oriented, hash);
  }

  FlowSlot& flow = slots_[slot];
  if (active_ns_ != 0) {
    if (now_ns_ >= flow.split_ns && flow.end == End::none) emit(flow, Cause::part);
    if (flow.split_ns == kNever) {
      flow.split_ns = now_ns_ + active_ns_;
      wheel_.unlink(slots_, slot);
      wheel_.link(slots_, slot, std::min(end_deadline(flow), flow.split_ns));
    }
  }
  SlotDirection& sender = flow.direction(oriented.from);
  const bool sender_seen = sender.seen;
  sender.seen = true;
  ++sender.packets;
  sender.bytes += packet.info.ip_bytes;
  flow.last_ns = now_ns_;
  flow.interfaces |= uint64_t{1} << std::min(packet.interface, kNamedInterfaces);
  if (packet.owner) [[unlikely]]
    owners_.set(flow.direction(packet.owner_sends ? oriented.from : oriented.from ^ 1u).owner, packet.owner);
  ++counters_.packets;
  counters_.bytes += packet.info.ip_bytes;

  if (segment) {
    const End before = flow.end;
    track_tcp(flow, oriented.from, packet.info, now_ns_, sender_seen);
    if (flow.end != before) {
      wheel_.unlink(slots_, slot);
      wheel_.link(slots_, slot, end_deadline(flow));
    }
  } else if (oriented.key.ports == PortKind::icmp_type && packet.info.fragment != PACKET_LATER_FRAGMENT &&
             is_icmp_error(packet.info)) {
    mark_quoted(packet);
  }
}

uint32_t PacketFlows::take_slot() {
  uint32_t slot = slots_.take();
  if (slot == kNoSlot) {
    evict_one();
    slot = slots_.take();
  }
  return slot;
}

void PacketFlows::begin(uint32_t slot, const FlowPacket& packet, const OrientedKey& oriented, uint32_t hash) {
  FlowSlot& flow = slots_[slot];
  flow = FlowSlot();
  flow.key = oriented.key;
  flow.hash = hash;
  flow.live = true;
  flow.initiator = static_cast<uint8_t>(oriented.from);
  flow.start_ns = flow.last_ns = now_ns_;
  flow.split_ns = kNever;
  flow.partial = oriented.key.protocol == kTcp && packet.info.has_l4;  // until its SYN is seen
  flow.icmp_known = packet.info.has_l4 && is_icmp(packet.info.version, packet.info.protocol);
  flow.icmp_type = packet.info.icmp_type;
  flow.icmp_code = packet.info.icmp_code;
  index_.insert(hash, slot);
  if (active_ns_ == 0) wheel_.link(slots_, slot, end_deadline(flow));  // else count() links it
  ++counters_.flows;
}

void PacketFlows::end(uint32_t slot, Cause cause) {
  FlowSlot& flow = slots_[slot];
  emit(flow, cause);
  owners_.release(flow.from_lower.owner);
  owners_.release(flow.from_upper.owner);
  wheel_.unlink(slots_, slot);
  index_.erase(flow.hash, slot);
  slots_.give_back(slot);
}

/// All slots are live here. The oldest of a few neighbours, ended ones first: near to LRU for the cost of
/// reading 16 slots and of nothing on a packet's way.
void PacketFlows::evict_one() {
  const uint32_t sample = std::min(kEvictionSample, slots_.capacity());
  uint32_t chosen = hand_;
  for (uint32_t i = 0; i < sample; ++i) {
    const FlowSlot& candidate = slots_[hand_];
    const FlowSlot& best = slots_[chosen];
    const bool ended = candidate.end != End::none;
    const bool best_ended = best.end != End::none;
    if (ended != best_ended ? ended : candidate.last_ns < best.last_ns) chosen = hand_;
    hand_ = hand_ + 1 == slots_.capacity() ? 0 : hand_ + 1;
  }
  if (slots_[chosen].end == End::none) ++counters_.evicted;
  end(chosen, Cause::evicted);
}

int64_t PacketFlows::end_deadline(const FlowSlot& flow) const {
  if (flow.end != End::none) return flow.last_ns + end_wait_ns_;
  return flow.last_ns + (flow.key.protocol == kTcp ? tcp_idle_ns_ : other_idle_ns_);
}

/// The wheel's tick of `slot` has come: it ends, is split, or was seen since and goes back.
void PacketFlows::look(uint32_t slot) {
  FlowSlot& flow = slots_[slot];
  int64_t deadline = end_deadline(flow);
  if (now_ns_ >= deadline) return end(slot, Cause::ended_or_idle);
  if (flow.end == End::none) {
    if (now_ns_ >= flow.split_ns) emit(flow, Cause::part);
    deadline = std::min(deadline, flow.split_ns);
  }
  wheel_.link(slots_, slot, deadline);
}

void PacketFlows::advance(int64_t time_ns) {
  time_ns = std::min(time_ns, kMaxTimeNs);
  if (!started_) {
    started_ = true;
    wheel_.start(time_ns);
  }
  if (time_ns <= now_ns_) return;
  now_ns_ = time_ns;
  if (wheel_.due(now_ns_)) wheel_.advance(slots_, now_ns_, [this](uint32_t slot) { look(slot); });
}

void PacketFlows::finish() {
  const uint32_t slots = slots_.high_water();
  for (uint32_t slot = 0; slot < slots; ++slot) {
    if (!slots_[slot].live) continue;
    emit(slots_[slot], Cause::finish);
    slots_.give_back(slot);
  }
  owners_ = OwnerTable();
  index_.clear();
  wheel_.clear();
}

void PacketFlows::mark_quoted(const FlowPacket& error) {
  const auto quoted = read_quoted(error.info, error.data, error.captured_bytes);
  const uint32_t slot = quoted ? find(quoted->key, hash_key(quoted->key, seed_)) : kNoSlot;
  if (slot == kNoSlot) {
    ++counters_.quotes_unknown;
    return;
  }
  FlowSlot& flow = slots_[slot];
  if (!is_unreachable(error.info)) {
    flow.quoted = std::max(flow.quoted, Quoted::error);
    return;
  }
  flow.quoted = Quoted::unreachable;
  const bool both = flow.from_lower.seen && flow.from_upper.seen;
  if (!flow.syn_seen && !both) flow.initiator = static_cast<uint8_t>(quoted->from);
}

PacketFlowsCounters PacketFlows::counters() const {
  PacketFlowsCounters counters = counters_;
  counters.fragments_evicted = fragments_.evicted();
  return counters;
}

void PacketFlows::emit(FlowSlot& flow, Cause cause) {
  FlowState state;
  if (cause != Cause::part && flow.end != End::none)
    state = end_state(flow.end);
  else if (cause == Cause::evicted)
    state = FlowState::evicted;
  else if (cause != Cause::part && flow.quoted == Quoted::unreachable && !flow.answered())
    state = FlowState::rejected;
  else if (cause == Cause::ended_or_idle)
    state = FlowState::timeout;
  else if (!flow.answered())
    state = FlowState::fresh;
  else
    state = cause == Cause::part ? FlowState::established : FlowState::open;
  fill_record(flow, state, interface_names_, owners_, record_);
  if (cause == Cause::part) begin_part(flow);
  ++counters_.records;
  emit_(record_);
}

}  // namespace weir::flow
