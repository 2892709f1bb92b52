// SPDX-License-Identifier: Apache-2.0
// What programs write with bpf_printk: the lines of tracefs' trace_pipe. Knows no programs: the kernel does
// not say who wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "lab/trace_line.h"

namespace weir::lab {

class TracePipe {
 public:
  static constexpr size_t kLongestLine = 64 * 1024;

  /// Each record goes to one reader: what others read is not seen here. Needs root or the right to read
  /// tracefs.
  static base::Result<TracePipe> open();

  /// Readable when there are lines.
  int fd() const { return fd_.get(); }
  /// Gives what is there, without waiting, at most about `kMostAtOnce` octets; lines that are no program's go
  /// into the one before. True: there may be more.
  bool read(const std::function<void(const TraceLine&)>& take);
  /// Without giving it.
  void discard();
  /// Records that the kernel wrote over.
  uint64_t lost() const { return lost_; }

  static constexpr size_t kMostAtOnce = 256 * 1024;

 private:
  explicit TracePipe(base::UniqueFd fd) : fd_(std::move(fd)) {}
  void take_line(std::string_view line, const std::function<void(const TraceLine&)>& take);

  base::UniqueFd fd_;
  std::string rest_;  // of a line that is not whole yet
  TraceLine last_;
  bool has_last_ = false;
  uint64_t lost_ = 0;
};

}  // namespace weir::lab
