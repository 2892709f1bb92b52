// SPDX-License-Identifier: Apache-2.0
#include "app/live_run.h"

#include <array>

#include "base/clock.h"
#include "decode/packet.h"

namespace weir::app {
namespace {

flow::LiveFlowsOptions table_options(const config::FlowsOptions& options) {
  flow::LiveFlowsOptions table;
  table.tcp_idle = options.tcp_idle;
  table.other_idle = options.other_idle;
  table.active = options.active;
  table.interval = options.interval;
  table.max_flows = 2 * options.max_flows;
  return table;
}

/// A counter of the flow programs that means loss.
struct LossCounter {
  uint32_t counter;
  const char* stage;
  const char* unit;
};
constexpr std::array<LossCounter, 3> kLosses = {{
    {FLOW_COUNTER_RING_FULL_PACKETS, "kernel map and ring full", "packets"},
    {FLOW_COUNTER_RING_FULL_BYTES, "kernel map and ring full", "bytes"},
    {FLOW_COUNTER_RING_FULL_ENDS, "ring full", "flow ends"},
}};

}  // namespace

LiveRun::LiveRun(const config::FlowsOptions& options, Emit emit)
    : options_(options),
      cgroup_(kernel::open_cgroup2()),
      lister_(kernel::SocketLister::load(options.verbosity > 0)),
      expression_(options.expression),
      filter_(options_),
      processes_(cgroup_ ? cgroup_->root.get() : -1),
      flows_(
          table_options(options_),
          [this, emit = std::move(emit)](const flow::FlowRecord& record) {
            packets_ += record.source.packets + record.destination.packets;
            bytes_ += record.source.bytes + record.destination.bytes;
            if (!filter_.wants(record)) return;
            records_++;
            emit(record);
          },
          [this](const decode::LiveKey& key) {
            return sweep_ ? sweep_->details(key.details_key()) : std::nullopt;
          },
          [this](const socket_owner& owner) { return processes_.resolve(owner); },
          [this](uint32_t ifindex) {
            return hooks_ ? hooks_->interface_name(ifindex) : "if" + std::to_string(ifindex);
          }) {}

base::Result<std::unique_ptr<LiveRun>> LiveRun::list(const config::FlowsOptions& options, Emit emit) {
  std::unique_ptr<LiveRun> run(new LiveRun(options, std::move(emit)));
  if (chosen_hook(options) == config::Hook::cgroup)
    if (auto compiled = run->expression_.compile(filter::FirstHeader::ip); !compiled)
      return tl::unexpected(compiled.error());
  // No tick of the kernel's own is known yet, and none needed: nothing was counted.
  const flow::SweepClock clock{static_cast<uint64_t>(base::now_ns(CLOCK_MONOTONIC)), 0, 4'000'000,
                               base::monotonic_to_wall_ns()};
  if (auto listed = run->list_sockets(clock); !listed) return tl::unexpected(listed.error());
  return run;
}

base::Result<> LiveRun::list_sockets(const flow::SweepClock& clock) {
  auto sockets = lister_.list();
  if (!sockets) return tl::unexpected(sockets.error());
  std::erase_if(*sockets, [this](const socket_listing& socket) {
    return socket.remote_port != 0 && !expression_.matches(socket);
  });
  const bool at_cgroup =
      hooks_ ? !hooks_->at_interfaces() : cgroup_ && chosen_hook(options_) == config::Hook::cgroup;
  if (at_cgroup) flows_.list(*sockets, clock);
  return {};
}

base::Result<> LiveRun::attach() {
  auto hooks = LiveHooks::attach(options_, std::move(cgroup_), lister_.owners_fd(), expression_);
  if (!hooks) return tl::unexpected(hooks.error());
  hooks_.emplace(std::move(*hooks));
  auto sweep = source::FlowSweep::open(hooks_->object(),
                                       [this](std::span<const std::byte> record) { take_event(record); });
  if (!sweep) return tl::unexpected(sweep.error());
  sweep_.emplace(std::move(*sweep));
  if (options_.cost)
    if (auto switched = switch_cost(true); !switched) return switched;
  auto clock = sweep_->clock();
  if (!clock) return tl::unexpected(clock.error());
  return list_sockets(sweep_clock(*clock));
}

flow::SweepClock LiveRun::sweep_clock(const source::KernelClock& clock) const {
  return {clock.monotonic_ns, clock.jiffies, clock.jiffy_ns, base::monotonic_to_wall_ns()};
}

void LiveRun::take_event(std::span<const std::byte> record) {
  const auto event = decode::decode_flow_event(record);
  if (!event) {
    refused_events_++;
    return;
  }
  if (const auto* restarted = std::get_if<decode::FlowRestarted>(&*event))
    flows_.restarted(*restarted);
  else
    flows_.overflow(std::get<decode::FlowOverflow>(*event));
}

base::Result<> LiveRun::sweep() {
  hooks_->attach_new_interfaces();
  auto clock = sweep_->clock();
  if (!clock) return tl::unexpected(clock.error());
  flows_.begin_sweep(sweep_clock(*clock));
  sweep_->drain_events();
  const auto observe = [this](const auto& wire_key, const flow_entry& entry) {
    if (!decode::is_counted(entry)) return;
    const decode::LiveKey key = decode::LiveKey::of(wire_key, entry.netns);
    if (flows_.observe(key, entry)) return;
    sweep_->drain_events();
    flows_.adopt(key, entry);
  };
  const auto entries = sweep_->for_each(observe);
  if (!entries) return tl::unexpected(entries.error());
  kernel_entries_ = *entries;
  for (const decode::LiveKey& key : flows_.end_sweep()) {
    const auto details = sweep_->take_details(key.details_key());
    const auto last = key.version == 4 ? sweep_->take(key.to_v4()) : sweep_->take(key.to_v6());
    // Between the sweep and now its tuple may have begun anew.
    if (last && !flows_.observe(key, *last)) sweep_->drain_events();
    flows_.retire(key, last, details);
  }
  return read_counters();
}

base::Result<> LiveRun::read_counters() {
  auto counters = hooks_->object().counters();
  if (!counters) return tl::unexpected(counters.error());
  counters_ = std::move(*counters);
  return {};
}

base::Result<> LiveRun::finish() {
  if (auto last = sweep(); !last) return last;
  flows_.finish();
  return {};
}

void LiveRun::for_each(const std::function<void(const flow::FlowRecord&)>& each) {
  flows_.for_each([&](const flow::FlowRecord& record) {
    if (filter_.wants(record)) each(record);
  });
}

std::vector<flow::LossRecord> LiveRun::new_losses() {
  std::vector<flow::LossRecord> losses;
  told_losses_.resize(kLosses.size());
  for (size_t i = 0; i < kLosses.size() && !counters_.empty(); i++) {
    const uint64_t total = counters_[kLosses[i].counter];
    if (total == told_losses_[i]) continue;
    losses.push_back(
        {kLosses[i].stage, kLosses[i].unit, total - told_losses_[i], total, base::now_ns(CLOCK_REALTIME)});
    told_losses_[i] = total;
  }
  return losses;
}

uint64_t LiveRun::lost() const {
  return counters_.empty()
             ? 0
             : counters_[FLOW_COUNTER_RING_FULL_PACKETS] + counters_[FLOW_COUNTER_RING_FULL_ENDS];
}

sink::RunSummary LiveRun::summary() const {
  sink::RunSummary summary;
  summary.packets = packets_;
  summary.bytes = bytes_;
  summary.flows = flows_.counters().flows - flows_.counters().joined;
  summary.records = records_;
  if (counters_.empty()) return summary;
  for (uint32_t result = PACKET_OK + 1; result < PACKET_RESULTS; result++) {
    const sink::NamedCount count{decode::to_string(static_cast<packet_result>(result)), counters_[result]};
    (PACKET_HAS_IP(result) ? summary.without_ports : summary.not_counted).push_back(count);
  }
  summary.not_counted.push_back(
      {"packets without a socket at the cgroup hook", counters_[FLOW_COUNTER_NO_SOCKET]});
  summary.notes = {
      {"later fragments without their first: in flows without ports",
       counters_[FLOW_COUNTER_FRAGMENT_ORPHANS]},
      {"packets whose network namespace could not be told", counters_[FLOW_COUNTER_NO_NETNS]},
      {"packets that found the kernel's map full and came through the ring: --max-flows " +
           std::to_string(options_.max_flows),
       counters_[FLOW_COUNTER_MAP_FULL]},
      {"flows that found no room after the kernel's map was full: one record each packet",
       flows_.counters().evicted},
      {"ring records of an unknown form", refused_events_},
  };
  for (const LossCounter& loss : kLosses)
    if (counters_[loss.counter])
      summary.lost.push_back({loss.stage, loss.unit, counters_[loss.counter], counters_[loss.counter], 0});
  return summary;
}

base::Result<> LiveRun::switch_cost(bool on) {
  statistics_.reset();
  if (!on) return {};
  auto statistics = kernel::enable_bpf_statistics();
  if (!statistics) return tl::unexpected(statistics.error());
  statistics_ = std::move(*statistics);
  return {};
}

std::optional<OwnCost> LiveRun::cost() const {
  if (!statistics_.valid()) return std::nullopt;
  OwnCost sum;
  for (const kernel::ProgramCost& program : hooks_->object().costs()) {
    // Owners and states are paid once a socket; what a packet costs is the hooks' own.
    const bool packets = program.name.starts_with("weir_cg_") || program.name.starts_with("weir_tc_") ||
                         program.name == "weir_xdp" || program.name == "weir_socket";
    if (!packets) continue;
    sum.runs += program.runs;
    sum.run_ns += program.run_ns;
  }
  return sum;
}

std::vector<std::string> LiveRun::notes() const {
  std::vector<std::string> notes = hooks_->notes();
  if (lister_.shortcoming())
    notes.push_back("without " + lister_.shortcoming()->what + ": " + lister_.shortcoming()->why);
  for (const kernel::Shortcoming& shortcoming : hooks_->object().shortcomings())
    notes.push_back("without " + shortcoming.what + ": " + shortcoming.why);
  return notes;
}

}  // namespace weir::app
