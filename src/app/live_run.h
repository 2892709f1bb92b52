// SPDX-License-Identifier: Apache-2.0
// A live run of `flows` or `top`: hooks, sweep, table and owners in one place, one sweep at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/hook_filter.h"
#include "app/live_hooks.h"
#include "app/owner_filter.h"
#include "flow/live_flows.h"
#include "identity/process_table.h"
#include "kernel/cgroup_mount.h"
#include "kernel/socket_lister.h"
#include "sink/run_summary.h"
#include "source/flow_sweep.h"

namespace weir::app {

/// What Weir itself takes, in the kernel.
struct OwnCost {
  uint64_t runs = 0;
  uint64_t run_ns = 0;
  double ns_per_run() const { return runs ? static_cast<double>(run_ns) / static_cast<double>(runs) : 0; }
};

class LiveRun {
 public:
  using Emit = std::function<void(const flow::FlowRecord&)>;

  /// Lists the connections that are open: `emit` gets their records at once, long before the kernel has
  /// verified the packet programs. None where it cannot, or at interfaces: which of them speak there is not
  /// known. A wrong filter expression is told before anything else.
  static base::Result<std::unique_ptr<LiveRun>> list(const config::FlowsOptions& options, Emit emit);
  /// Attaches the packet programs, then lists what was opened meanwhile. Called once.
  base::Result<> attach();

  /// Reads all entries once; records of what ended or is due go to `emit`.
  base::Result<> sweep();
  /// A last sweep, then a last record of every flow that lives.
  base::Result<> finish();

  /// Calls `each` with the totals of every flow whose owners the options want.
  void for_each(const std::function<void(const flow::FlowRecord&)>& each);

  /// Losses since the last call, by stage; for the stream.
  std::vector<flow::LossRecord> new_losses();
  /// What was seen and lost in all; for stderr.
  sink::RunSummary summary() const;
  /// Switches the kernel's BPF statistics on or off: about 20 ns more for each packet, twice, while they are
  /// on.
  base::Result<> switch_cost(bool on);
  std::optional<OwnCost> cost() const;  // while they are on
  /// See LiveFlows.
  void begin_intervals(int64_t monotonic_ns) { flows_.begin_intervals(static_cast<uint64_t>(monotonic_ns)); }
  int64_t next_interval_ns() const { return static_cast<int64_t>(flows_.next_interval_ns()); }
  /// How often the parts of --interval were reported.
  uint64_t intervals() const { return flows_.counters().intervals; }
  size_t kernel_entries() const { return kernel_entries_; }  // of the kernel's flow maps, at the last sweep
  uint64_t kernel_capacity() const { return 2 * options_.max_flows; }
  std::string description() const { return hooks_->description(); }
  std::vector<std::string> notes() const;
  uint64_t lost() const;  // packets, octets aside

 private:
  LiveRun(const config::FlowsOptions& options, Emit emit);
  base::Result<> list_sockets(const flow::SweepClock& clock);
  flow::SweepClock sweep_clock(const source::KernelClock& clock) const;
  void take_event(std::span<const std::byte> record);
  base::Result<> read_counters();

  config::FlowsOptions options_;
  base::Result<kernel::CgroupMount> cgroup_;  // until hooks_ has it
  kernel::SocketLister lister_;
  HookFilter expression_;
  std::optional<LiveHooks> hooks_;
  OwnerFilter filter_;
  identity::ProcessTable processes_;
  flow::LiveFlows flows_;
  std::optional<source::FlowSweep> sweep_;  // after hooks_, whose maps it reads
  base::UniqueFd statistics_;
  std::vector<uint64_t> counters_;
  std::vector<uint64_t> told_losses_;
  size_t kernel_entries_ = 0;
  uint64_t refused_events_ = 0;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  uint64_t records_ = 0;
};

}  // namespace weir::app
