// SPDX-License-Identifier: Apache-2.0
// The flow programs and their maps: loads, attaches and, when destroyed, takes all of it away.
// Knows nothing of what the counters mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/filter_gate.h"
#include "kernel/shortcoming.h"
#include "wire/flow.h"

namespace weir::kernel {

/// What one program of ours, with the filter before it, cost since the kernel's BPF statistics were switched
/// on.
struct ProgramCost {
  std::string name;
  uint64_t runs = 0;
  uint64_t run_ns = 0;
};

class FlowsObject {
 public:
  struct Plan {
    bool cgroup = false;     // which hooks' programs to load; the others stay out of the kernel
    bool tc = false;         // for frames with an Ethernet header
    bool tc_layer3 = false;  // for those that begin with the IP header
    bool xdp = false;
    bool socket = false;
    bool decapsulate = false;
    uint32_t max_flows = 262144;  // for IPv4 and for IPv6
    int socket_owners_fd = -1;    // a map to take over (SocketLister); -1: one of its own
    FilterMaker filter;           // before each packet program; empty: they see every packet
    bool verbose = false;         // libbpf's own messages to stderr
  };

  /// Loads. A program that is not needed for counting and that the kernel refuses is left out and told by
  /// shortcomings(). `permission` and `unsupported` name what is missing.
  static base::Result<FlowsObject> load(const Plan& plan);

  FlowsObject(FlowsObject&&) noexcept;
  FlowsObject& operator=(FlowsObject&&) = delete;
  ~FlowsObject();

  /// Owners: new sockets through the cgroup root, accepted ones and closed ones through tracepoints. Before
  /// the hooks, so that no flow is seen without. Each part that cannot attach is a shortcoming.
  base::Result<> attach_owners(int cgroup_fd);
  base::Result<> attach_cgroup_hooks(int cgroup_fd);
  /// Both ways, by tcx where the kernel has it, else clsact. `layer3`: frames begin with the IP header.
  base::Result<> attach_tc(unsigned ifindex, bool layer3);
  base::Result<> attach_xdp(unsigned ifindex);
  /// An AF_PACKET socket on the interface; 0: on all.
  base::Result<> attach_packet_socket(unsigned ifindex);

  /// Both clocks of the flow programs, now.
  base::Result<flow_clock> clock() const;
  /// Sums over CPUs, indexed by enum flow_counter.
  base::Result<std::vector<uint64_t>> counters() const;
  std::vector<ProgramCost> costs() const;

  int flows4_fd() const;
  int flows6_fd() const;
  int details_fd() const;
  int events_fd() const;
  const std::vector<Shortcoming>& shortcomings() const;
  /// "tcx", "clsact", ...: what attach_tc used; empty before.
  const std::string& tc_hook() const;

 private:
  struct State;
  explicit FlowsObject(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Switches the kernel's BPF run-time statistics on while the descriptor is open (about 20 ns a run).
base::Result<base::UniqueFd> enable_bpf_statistics();

}  // namespace weir::kernel
