// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, SIGTERM and a terminal that hangs up as a wish to end in order, SIGUSR1 as a wish to be told how it
// goes.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::app {

/// One instance a process. A second Ctrl-C, a second or more after the first, kills.
class StopSignal {
 public:
  static base::Result<StopSignal> create();

  /// Readable for ever once the end is wished; for poll and for readers that wait.
  int fd() const { return fd_.get(); }
  bool requested() const;
  /// True once for each SIGUSR1, or several of them together.
  bool take_report_request();

 private:
  explicit StopSignal(base::UniqueFd fd) : fd_(std::move(fd)) {}
  base::UniqueFd fd_;
};

}  // namespace weir::app
