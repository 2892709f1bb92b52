// SPDX-License-Identifier: Apache-2.0
// What stands above and below the screen's table: where Weir listens, totals, losses, own cost, keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sink/run_summary.h"
#include "sink/screen_text.h"

namespace weir::sink {

/// What Weir's programs in the kernel take; only while its BPF statistics are switched on.
struct KernelCost {
  double ns_per_run = 0;
  double cpu_share = 0;  // of one CPU, since the snapshot before
};

/// What the run tells besides its flows.
struct ScreenFacts {
  std::string listening;  // "cgroup_skb at /sys/fs/cgroup: ..."
  int64_t elapsed_ns = 0;
  RunSummary summary;         // losses, refusals and notes are shown from it
  uint64_t map_entries = 0;   // in the kernel's flow maps
  uint64_t map_capacity = 0;  // of both together
  std::optional<KernelCost> kernel_cost;
  double cpu_share = 0;       // this process, of one CPU, since the snapshot before
  uint64_t memory_bytes = 0;  // this process, resident
};

/// Totals of the flows that the user wants.
struct ScreenTotals {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  double packet_rate = 0;  // a second
  double byte_rate = 0;
  uint64_t alive = 0;
  uint64_t seen = 0;
};

/// "weir flows  cgroup_skb at ...          1:05"
ScreenLine head_line(std::string_view verb, const ScreenFacts& facts, size_t width);
/// Totals and rates.
std::string totals_text(const ScreenTotals& totals);

/// Losses, refusals, the kernel's map, own cost: as many lines as are needed, at most `lines`. Losses come
/// first.
std::vector<ScreenLine> foot_lines(const ScreenFacts& facts, size_t width, size_t lines);

}  // namespace weir::sink
