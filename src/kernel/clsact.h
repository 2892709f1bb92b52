// SPDX-License-Identifier: Apache-2.0
// bpf filters at clsact, for kernels without tcx: attach, remove, and clean up after a Weir that was killed.
//
// A filter outlives its process, so ours are marked. Handle: kClsactMark << 22 | owner number (the pid's
// lower 22 bits, the next free one where taken). Name: "weir_" + the program's name, + "+clsact" where a Weir
// made the qdisc. While it lives, a Weir holds the abstract socket "weir/clsact/<handle>" in the network
// namespace of its filters: who cannot bind it knows that the owner lives, across pid namespaces and reused
// pids.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/link.h"
#include "kernel/rtnetlink.h"

namespace weir::kernel {

inline constexpr uint32_t kClsactMark = 0x15D;  // the upper 10 bits of our filters' handles

/// One tc filter at clsact, of whomever.
struct TcFilter {
  unsigned ifindex = 0;
  Traffic traffic = Traffic::ingress;
  uint32_t chain = 0;
  uint32_t priority = 0;
  uint32_t handle = 0;
  uint16_t protocol = 0;    // EtherType, network byte order
  uint32_t program_id = 0;  // 0: not a bpf filter
  std::string kind;         // "bpf", "flower", ...
  std::string name;         // bpf: as its owner called it
};

/// Carries Weir's mark and name, whether its owner lives or not.
bool is_weirs(const TcFilter& filter);

/// All filters at clsact and ingress qdiscs of one interface, or of all (ifindex 0) in this network
/// namespace.
base::Result<std::vector<TcFilter>> list_tc_filters(unsigned ifindex = 0);

/// Filters with Weir's mark and name whose owner lives no more.
base::Result<std::vector<TcFilter>> list_dead_filters();

/// Removes them, and the qdiscs that Weirs made and that are empty now. Gives what was removed; the first
/// error otherwise, after having tried all.
base::Result<std::vector<TcFilter>> remove_dead_filters();

/// The filters of this process: all gone, with the qdiscs that Weir made, when it is destroyed.
/// Call remove_dead_filters() before the first attach.
class ClsactFilters {
 public:
  static base::Result<ClsactFilters> open();

  ClsactFilters(ClsactFilters&&) noexcept = default;
  ClsactFilters& operator=(ClsactFilters&&) = delete;
  ~ClsactFilters();

  /// Puts a BPF_PROG_TYPE_SCHED_CLS program first (priority 1, before those there; where another kind of
  /// filter holds that priority, the highest free one). It must return TC_ACT_UNSPEC (-1), so that the next
  /// filter runs.
  base::Result<> attach(int program_fd, unsigned ifindex, Traffic traffic);

  /// Removes all; an interface or a filter that is gone already is no error.
  base::Result<> detach();

 private:
  ClsactFilters(Rtnetlink rtnetlink, base::UniqueFd presence, uint32_t handle)
      : rtnetlink_(std::move(rtnetlink)), presence_(std::move(presence)), handle_(handle) {}

  Rtnetlink rtnetlink_;
  base::UniqueFd presence_;  // outlives the filters
  uint32_t handle_;
  std::vector<TcFilter> filters_;
};

}  // namespace weir::kernel
