// SPDX-License-Identifier: Apache-2.0
// What `weir flows` and `weir top` were asked to do, validated.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::config {

enum class Output { automatic, table, wide, lines, json };
enum class Hook { automatic, cgroup, tc, xdp, socket };

/// A comma list of an owner filter: `names` must match one of, `excluded` none of.
struct NameFilter {
  std::vector<std::string> names;
  std::vector<std::string> excluded;
  bool empty() const { return names.empty() && excluded.empty(); }
};

/// Whose flows or packets are wanted: --pid, --comm, --uid, --cgroup, --container.
struct OwnerNames {
  NameFilter pid, comm, uid, cgroup, container;
  /// Whether any was given.
  bool asks_owners() const {
    return !(pid.empty() && comm.empty() && uid.empty() && cgroup.empty() && container.empty());
  }
};

/// The kernel's tables live, for each IP version, where nothing else is asked for: a flow that could be takes
/// 440 bytes of both, 115 MB in all; one that is 0.5 kB more, and about 1 kB in Weir. Machines with less than
/// 8 GiB of memory have proportionally fewer, a power of two from kLeastLiveFlows on.
inline constexpr uint64_t kMostLiveFlows = 262'144;
inline constexpr uint64_t kLeastLiveFlows = 16'384;
uint64_t default_live_flows(uint64_t memory_bytes);

struct FlowsOptions : OwnerNames {
  bool top = false;                     // `weir top`: aggregates on a screen
  std::vector<std::string> captures;    // -r; empty: live
  std::vector<std::string> interfaces;  // -i; "any"
  Hook hook = Hook::automatic;
  std::string expression;    // pcap-filter(7), the trailing words
  bool decapsulate = false;  // --decap

  Output output = Output::automatic;
  std::vector<std::string> fields;   // --fields
  bool header = false;               // --header: the names first
  std::vector<std::string> by;       // --by
  std::optional<uint64_t> top_rows;  // --top N
  std::string sort;                  // --sort bytes|packets|rate|rtt|retransmits

  std::optional<uint64_t> count;                     // -c N records
  std::optional<std::chrono::nanoseconds> duration;  // --for; with -r in the capture's own time
  std::optional<std::chrono::nanoseconds> interval;  // --interval: report differences of live flows
  std::optional<std::chrono::nanoseconds> active;    // --active: split long flows
  std::chrono::nanoseconds tcp_idle = std::chrono::minutes(5);
  std::chrono::nanoseconds other_idle = std::chrono::minutes(1);
  std::chrono::nanoseconds end_wait = std::chrono::seconds(5);  // after FIN both ways or RST
  uint64_t max_flows = 1'000'000;                               // live: default_live_flows unless given
  bool cost = false;                                            // --cost
  bool fail_on_loss = false;                                    // --fail-on-loss
  bool colour = true;                                           // --no-color, NO_COLOR
  int verbosity = 0;                                            // -v
};

/// Refuses what contradicts itself, with a line that says what to do instead. Kind bad_input.
base::Result<> check(const FlowsOptions& options);

/// `output` with `automatic` settled: on a terminal a table, else lines; a table wherever rows are sorted,
/// limited or aggregated.
Output settled_output(const FlowsOptions& options, bool terminal);

}  // namespace weir::config
