// SPDX-License-Identifier: Apache-2.0
// Loaded programs put where their sections say, and taken away again: everything is held by descriptors of
// this process, so that nothing stays however it ends (clsact's filters, before Linux 6.6, are removed by the
// next Weir).
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/attachments.h"
#include "kernel/interface.h"

namespace weir::lab {

struct Places {
  std::vector<kernel::Interface> interfaces;  // -i
  int cgroup = -1;                            // for cgroup programs; -1: there is none
  std::string cgroup_name;
};

struct Placed {
  std::string program;
  std::string where;  // "xdp on eth0", "tracepoint sched/sched_switch"
};

class Placement {
 public:
  explicit Placement(Places places) : places_(std::move(places)) {}

  /// Attaches the program, at each interface where it is for interfaces. Fails with bad_input where it needs
  /// an interface and none was named (the message lists them), unsupported where the kernel has no such hook
  /// (with what else there is), permission, resource where a neighbour has the place.
  base::Result<> put(bpf_program* program);
  /// A map of type struct_ops.
  base::Result<> put(bpf_map* map);

  const std::vector<Placed>& placed() const { return placed_; }
  /// Programs that are loaded and nothing here can attach: tail calls, extensions, `syscall`, …
  const std::vector<Placed>& left() const { return left_; }
  /// What an iterator's programs (SEC("iter/…")) write, each run once to its end or to kMostIterated octets.
  std::string iterate() const;
  static constexpr size_t kMostIterated = size_t{1} << 20;

 private:
  struct FreeLink {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };

  base::Result<> put_at_interfaces(bpf_program* program);
  base::Result<> put_at_cgroup(bpf_program* program);
  base::Result<> put_at_tracepoint(bpf_program* program);
  base::Result<> put_at_clock(bpf_program* program);
  base::Result<> put_by_section(bpf_program* program);
  base::Result<> put_in_namespace(bpf_program* program);
  void note(bpf_program* program, std::string where);

  Places places_;
  kernel::Attachments attachments_;
  std::vector<std::unique_ptr<bpf_link, FreeLink>> links_;
  std::vector<base::UniqueFd> events_;
  std::vector<bpf_link*> iterators_;
  std::vector<Placed> placed_, left_;
};

}  // namespace weir::lab
