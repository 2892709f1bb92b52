// SPDX-License-Identifier: Apache-2.0
// The pace of what `weir lab` shows again and again, until Ctrl-C or as often as was asked.
#pragma once

#include <chrono>
#include <cstdint>

#include "app/stop_signal.h"
#include "base/result.h"

namespace weir::app {

class LabPace {
 public:
  /// `count` 0: no end.
  static base::Result<LabPace> create(std::chrono::nanoseconds interval, uint64_t count);
  /// Waits for the next turn; false at the end.
  bool next();
  /// Seconds since the last turn began, at least a millisecond.
  double elapsed_seconds() const { return elapsed_seconds_; }

 private:
  LabPace(StopSignal stop, std::chrono::nanoseconds interval, uint64_t count);
  StopSignal stop_;
  std::chrono::nanoseconds interval_;
  uint64_t left_;  // 0: no end
  std::chrono::steady_clock::time_point last_;
  double elapsed_seconds_ = 1;
};

}  // namespace weir::app
