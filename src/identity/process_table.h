// SPDX-License-Identifier: Apache-2.0
// Who a socket's owner is: what the kernel kept of it, filled up from /proc while the process lives.
// Knows no flows and no packets.
#pragma once

#include <cstdint>
#include <string>

#include "base/bounded_cache.h"
#include "base/unique_fd.h"
#include "decode/process.h"
#include "wire/flow.h"

namespace weir::identity {

/// Bounded; the dead stay known until others need their room.
class ProcessTable {
 public:
  static constexpr size_t kProcesses = 16384;
  static constexpr size_t kCgroups = 4096;

  /// `cgroup_root`: of cgroup2, borrowed for the table's life; -1: cgroups stay numbers.
  explicit ProcessTable(int cgroup_root, std::string proc = "/proc");

  /// Never null. Reads /proc once for each process (pid and start time).
  decode::ProcessPtr resolve(const socket_owner& owner);

  uint64_t unreadable() const {
    return unreadable_;
  }  // gone, or of another pid namespace, before it was read

 private:
  struct Id {
    uint64_t start_ns;
    uint32_t pid;
    bool operator==(const Id&) const = default;
  };
  struct HashId {
    size_t operator()(const Id& id) const { return id.start_ns * 0x9e3779b97f4a7c15u + id.pid; }
  };

  std::string cgroup_path(uint64_t cgroup_id);
  bool is_alive(const socket_owner& owner) const;

  int cgroup_root_;
  std::string cgroup_root_path_;
  std::string proc_;
  base::BoundedCache<Id, decode::ProcessPtr, HashId> processes_{kProcesses};
  base::BoundedCache<uint64_t, std::string> cgroups_{kCgroups};
  uint64_t unreadable_ = 0;
};

/// Field 22 of /proc/PID/stat (proc(5)): the start in clock ticks after boot; 0 where the text has another
/// form.
uint64_t start_ticks(const std::string& stat_text);

/// The 64 hex digits of the last path component that holds a container's id ("…/docker-<id>.scope",
/// "/kubepods/…/<id>"); empty where none does.
std::string container_of(const std::string& cgroup_path);

}  // namespace weir::identity
