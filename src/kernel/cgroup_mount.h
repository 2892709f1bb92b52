// SPDX-License-Identifier: Apache-2.0
// Where cgroup2 is, as a descriptor that programs attach to; knows nothing of containers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

struct CgroupMount {
  base::UniqueFd root;      // of the widest subtree to be had
  std::string path;         // where it is mounted; empty: a detached mount of our own, gone with `root`
  bool whole_node = false;  // it is the true root: every process of the node is below it
  std::vector<std::string> notes;  // sentences for the user
};

/// Opens the cgroup2 root: as mounted, else (or where only a subtree is) by a mount that appears in nobody's
/// file tree. `permission` where that needs CAP_SYS_ADMIN, `unsupported` where the kernel has no cgroup2.
base::Result<CgroupMount> open_cgroup2();

/// One line of /proc/PID/mountinfo (proc(5)), the octal escapes undone.
struct MountInfo {
  std::string root;   // the folder of the file system that is mounted there
  std::string point;  // where
  std::string filesystem;
};

/// The lines that have the file's form; others are skipped.
std::vector<MountInfo> parse_mountinfo(std::string_view text);

}  // namespace weir::kernel
