// SPDX-License-Identifier: Apache-2.0
// Who else's BPF programs stand at the hooks that Weir uses, in this network namespace and at the cgroup2
// root.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::kernel {

struct Owner {
  int pid = 0;
  std::string name;
};

struct Neighbour {
  std::string hook;   // "xdp native", "xdp generic", "tcx ingress", "clsact egress", "cgroup_inet_egress"
  std::string place;  // the interface's name, or "cgroup2 root"
  uint32_t program_id = 0;   // 0: a tc filter that is not BPF
  std::string program_name;  // empty where it is not to be had
  std::string kind;          // clsact: the filter's kind
  uint32_t priority = 0;     // clsact
  bool exclusive = false;    // no other program can be attached there beside it
  bool weirs = false;        // another Weir's
  std::vector<Owner>
      owners;  // processes that hold the program or its link open; none: pinned, or not permitted to look
};

struct Neighbourhood {
  std::vector<Neighbour> neighbours;
  std::vector<std::string> notes;  // what could not be looked at, and why
};

/// Asks the kernel hook by hook. `cgroup_fd`: the cgroup2 root, or -1 where there is none.
Neighbourhood find_neighbours(int cgroup_fd);

}  // namespace weir::kernel
