// SPDX-License-Identifier: Apache-2.0
// A child process that does something, says so, waits, and is killed with SIGKILL.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "base/unique_fd.h"

namespace weir::kernel {

class Child {
 public:
  /// Runs `work` in a fork and returns when it has returned; the child then sleeps until killed.
  explicit Child(const std::function<bool()>& work) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      const char answer = work() ? 'y' : 'n';
      if (write(ends[1], &answer, 1) != 1) _exit(1);
      for (;;) pause();
    }
    char answer = 0;
    ready_ = read(ends[0], &answer, 1) == 1 && answer == 'y';
    for (const int end : ends) base::UniqueFd{end};
  }
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool ready() const { return ready_; }
  pid_t pid() const { return pid_; }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  bool ready_ = false;
};

}  // namespace weir::kernel
