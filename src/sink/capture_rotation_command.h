// SPDX-License-Identifier: Apache-2.0
// tcpdump's -z: a program that gets each finished file, beside the capture and of lowest priority.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::sink {

class CaptureRotationCommand {
 public:
  /// At once; more are not started and count as failed.
  static constexpr size_t kMostRunning = 256;

  /// `program` is looked for in PATH; no shell. Empty: nothing is ever run.
  explicit CaptureRotationCommand(std::string program) : program_(std::move(program)) {}

  /// Starts `program file` and does not wait for it.
  void run(const std::string& file);
  /// Takes note of those that have ended, without waiting.
  void reap();

  uint64_t started() const { return started_; }
  /// Not started, ended with another status than 0, or by a signal.
  uint64_t failed() const { return failed_; }
  size_t running() const { return running_.size(); }

 private:
  std::string program_;
  std::vector<pid_t> running_;
  uint64_t started_ = 0;
  uint64_t failed_ = 0;
};

}  // namespace weir::sink
