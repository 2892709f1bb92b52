// SPDX-License-Identifier: Apache-2.0
// Gives the terminal back when a signal kills the process, and holds stderr back while a screen is up.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace weir::sink {

/// stderr waits in memory while this lives; its first kMostBytes are written when it ends. Without effect
/// where stderr is no terminal.
class HeldStderr {
 public:
  static constexpr size_t kMostBytes = 64 * 1024;

  HeldStderr();
  ~HeldStderr();
  HeldStderr(const HeldStderr&) = delete;
  HeldStderr& operator=(const HeldStderr&) = delete;

  int terminal_fd() const { return terminal_.get(); }  // -1: nothing is held

 private:
  base::UniqueFd terminal_;
  base::UniqueFd held_;
};

/// While this lives, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT and SIGHUP first write `restore` to
/// the terminal, set it as it was when this began, and give stderr back; then they do what they do.
class ScreenRescue {
 public:
  ScreenRescue(int terminal_fd, std::string restore, int stderr_fd);
  ~ScreenRescue();
  ScreenRescue(const ScreenRescue&) = delete;
  ScreenRescue& operator=(const ScreenRescue&) = delete;
};

}  // namespace weir::sink
