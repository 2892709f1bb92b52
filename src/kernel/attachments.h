// SPDX-License-Identifier: Apache-2.0
// What one object has attached: the ways to a hook, and away from all of them again. Knows neither the
// programs' names nor what they do.
#pragma once

#include <linux/bpf.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/shortcoming.h"

namespace weir::kernel {

class Attachments {
 public:
  Attachments() = default;
  Attachments(Attachments&&) noexcept = default;
  Attachments& operator=(Attachments&&) = delete;
  ~Attachments();

  /// By tcx where the kernel has it, else clsact.
  base::Result<> attach_tc(int program_fd, unsigned ifindex, Traffic traffic);
  base::Result<> attach_xdp(int program_fd, unsigned ifindex);
  base::Result<> attach_cgroup(int program_fd, int cgroup_fd, bpf_attach_type type);
  /// To an AF_PACKET socket of its own, on one interface or on all (0). Nobody reads there: the program is to
  /// return 0, or packets are queued.
  base::Result<> attach_packet_socket(int program_fd, unsigned ifindex);
  /// A program of type tracepoint. `unsupported` where the kernel has no such tracepoint.
  base::Result<> attach_tracepoint(int program_fd, const std::string& category, const std::string& name);
  /// A program that was loaded for its tracepoint (SEC("tp_btf/...")).
  base::Result<> attach_btf_tracepoint(int program_fd);

  /// Takes all away, the newest first.
  void detach();

  /// "tcx", "clsact": what attach_tc used; empty before.
  const std::string& tc_hook() const { return tc_hook_; }

  /// To be said: what could not be loaded or attached, and is done without.
  void lack(std::string what, std::string why) { shortcomings_.push_back({std::move(what), std::move(why)}); }
  const std::vector<Shortcoming>& shortcomings() const { return shortcomings_; }

 private:
  std::vector<base::UniqueFd> held_;  // links, events and sockets: closing one detaches
  std::optional<ClsactFilters> clsact_;
  std::string tc_hook_;
  std::vector<Shortcoming> shortcomings_;
};

}  // namespace weir::kernel
