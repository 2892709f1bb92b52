// SPDX-License-Identifier: Apache-2.0
#include "config/flows_options.h"

#include <algorithm>
#include <bit>

namespace weir::config {
namespace {

base::Result<> refuse(std::string sentence) {
  return base::fail(base::ErrorKind::bad_input, std::move(sentence));
}

constexpr std::chrono::milliseconds kLeastInterval(100);

base::Result<> check_file_run(const FlowsOptions& options) {
  if (!options.interfaces.empty())
    return refuse("-r reads a capture and -i watches an interface; give one of the two");
  if (options.hook != Hook::automatic)
    return refuse("--hook is for live runs; leave it out with -r, a capture passes no hook");
  if (options.asks_owners())
    return refuse(
        "a capture holds packets, not who sent them; leave out --pid, --comm, --uid, --cgroup and "
        "--container with -r, or watch live");
  if (options.interval)
    return refuse(
        "--interval is for live runs; with -r use --active, which splits long flows in the capture's "
        "time");
  if (options.cost)
    return refuse("--cost shows what Weir's programs in the kernel cost; with -r none runs, leave it out");
  if (std::count(options.captures.begin(), options.captures.end(), "-") > 1)
    return refuse("-r - can be given once only, there is one standard input");
  return {};
}

base::Result<> check_live_run(const FlowsOptions& options) {
  if (options.interval && *options.interval < kLeastInterval)
    return refuse("--interval is 100ms at least; each reads all flows out of the kernel");
  if (options.decapsulate && options.interfaces.empty())
    return refuse(
        "--decap looks into tunnels on an interface; name it with -i, sockets see no tunnel headers");
  if (options.hook == Hook::cgroup && !options.interfaces.empty())
    return refuse("--hook cgroup sees sockets of all interfaces; leave out -i, or take --hook tc or xdp");
  if ((options.hook == Hook::tc || options.hook == Hook::xdp) && options.interfaces.empty())
    return refuse("--hook tc and xdp sit on an interface; name it with -i IFACE (or -i any)");
  return {};
}

base::Result<> check_output(const FlowsOptions& options) {
  const bool rows = options.output == Output::lines || options.output == Output::json;
  if (options.top) {
    if (!options.fields.empty())
      return refuse("top shows aggregates; use --by instead of --fields, or weir flows");
    if (options.output == Output::lines)
      return refuse("top makes a table; use -o table or -o json, or weir flows -o lines");
  } else if (!options.by.empty()) {
    if (!options.fields.empty())
      return refuse("--by and --fields contradict each other; --by names the columns");
    if (options.output == Output::lines) return refuse("--by makes a table; use -o table or -o json with it");
  } else if (rows && options.top_rows) {
    return refuse("--top limits a table; use -c N for the first N records, or --by FIELD to aggregate");
  } else if (rows && !options.sort.empty()) {
    return refuse("--sort orders a table; leave it out with -o lines and json, or add --by FIELD");
  }
  if (options.sort == "flows" && options.by.empty() && !options.top)
    return refuse("--sort flows orders groups by their number of flows; add --by FIELD");
  if (!options.fields.empty()) {
    if (options.output == Output::table || options.output == Output::wide)
      return refuse("--fields writes lines; leave out -o table, or use -o json");
    if (!options.sort.empty() || options.top_rows)
      return refuse("--fields writes each flow as it ends; leave out --sort and --top, or use --by");
  }
  if (options.header && (options.fields.empty() || options.output == Output::json))
    return refuse("--header names the columns of --fields; add --fields, and leave out -o json");
  return {};
}

}  // namespace

uint64_t default_live_flows(uint64_t memory_bytes) {
  constexpr uint64_t kMemoryPerFlow = (uint64_t{8} << 30) / kMostLiveFlows;
  // A machine of 8 GiB tells a little less: what the kernel took at boot is not counted.
  const uint64_t wanted = (memory_bytes + memory_bytes / 16) / kMemoryPerFlow;
  return std::clamp(std::bit_floor(wanted), kLeastLiveFlows, kMostLiveFlows);
}

base::Result<> check(const FlowsOptions& options) {
  if (auto run = options.captures.empty() ? check_live_run(options) : check_file_run(options); !run)
    return run;
  return check_output(options);
}

Output settled_output(const FlowsOptions& options, bool terminal) {
  if (options.output != Output::automatic) return options.output;
  if (!options.fields.empty()) return Output::lines;
  const bool table = options.top || !options.by.empty() || options.top_rows || !options.sort.empty();
  return table || terminal ? Output::table : Output::lines;
}

}  // namespace weir::config
