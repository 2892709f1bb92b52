// SPDX-License-Identifier: Apache-2.0
// A command that Weir starts, in a cgroup of its own: by that its packets, and its children's, are known.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "decode/process.h"

namespace weir::app {

class WatchedCommand {
 public:
  /// Forks; the child waits, in its cgroup, until `start`. The cgroup lies below Weir's own, so that the same
  /// limits hold, and is removed at the end: what still runs in it goes back to Weir's.
  static base::Result<std::unique_ptr<WatchedCommand>> prepare(const std::vector<std::string>& words,
                                                               int cgroup_root);
  ~WatchedCommand();
  WatchedCommand(const WatchedCommand&) = delete;
  WatchedCommand& operator=(const WatchedCommand&) = delete;

  /// Fails with bad_input where the command cannot be executed.
  base::Result<> start();
  /// Its own process, or a child's, whatever became of its parent.
  bool owns(const decode::Process& process) const {
    return process.cgroup_id == cgroup_id_ || process.cgroup_path.starts_with(cgroup_path_ + "/");
  }

  /// Whether it has ended; does not wait.
  bool ended();
  /// Waits until it has, or `give_up` (polled) says that it shall be asked to end (SIGTERM) and left alone.
  void wait(int give_up_fd);
  /// Its own, or 128 + the signal's number as shells tell it.
  int exit_code() const { return exit_code_; }

 private:
  WatchedCommand() = default;
  base::Result<> make_cgroup(int cgroup_root);
  void leave_cgroup();

  std::vector<std::string> words_;
  base::UniqueFd own_cgroup_, cgroup_;
  std::string cgroup_name_;
  std::string cgroup_path_;  // as decode::Process tells it
  uint64_t cgroup_id_ = 0;
  pid_t pid_ = -1;
  base::UniqueFd go_, failure_;
  bool ended_ = false;
  int exit_code_ = 0;
};

}  // namespace weir::app
