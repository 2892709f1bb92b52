// SPDX-License-Identifier: Apache-2.0
// The process that owns one end of a flow or event.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace weir::decode {

/// Process::uid where a file tells a process without its user.
inline constexpr uint32_t kUnknownUser = UINT32_MAX;

/// What is known of a process; empty text and 0 mean absent (uid and cgroup_id: see the flags).
struct Process {
  uint32_t pid = 0;          // thread group id in the initial pid namespace
  uint32_t uid = 0;          // valid whenever pid is, but for kUnknownUser
  uint64_t start_ns = 0;     // CLOCK_BOOTTIME; together with pid names one process for ever
  uint64_t cgroup_id = 0;    // inode number of the cgroup's folder; 0: unknown
  std::string comm;          // at most 15 bytes, as the kernel cut it
  std::string executable;    // basename of the executable, where /proc still told it; else comm
  std::string cgroup_path;   // below the cgroup2 mount, "/" is the root; empty: unknown
  std::string container_id;  // 64 hex digits where the cgroup's path holds one
};

using ProcessPtr = std::shared_ptr<const Process>;

}  // namespace weir::decode
