// SPDX-License-Identifier: Apache-2.0
// Where a capture's bytes come from: a file, a pipe, memory. Knows nothing of capture formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::source {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Copies what is there at once, at most `size` bytes, to `to`; waits only while nothing is there.
  /// 0 at the end. After an error or the end it is not called again.
  virtual base::Result<size_t> read(uint8_t* to, size_t size) = 0;
  /// The end came because the reader was asked to stop.
  virtual bool stopped() const { return false; }
};

/// A file, a FIFO, or stdin ("-"). Reads with read(2), never through a mapping: a file that is cut while we
/// read it is an early end and no SIGBUS (docs/decisions/0003-read-captures-with-read.md).
class FileBytes : public ByteSource {
 public:
  /// While nothing arrives, `stop_fd` (borrowed; -1: none) becoming readable is the end.
  static base::Result<std::unique_ptr<FileBytes>> open(const std::string& path, int stop_fd);

  base::Result<size_t> read(uint8_t* to, size_t size) override;
  bool stopped() const override { return stopped_; }

 private:
  FileBytes(base::UniqueFd fd, int stop_fd, bool may_wait)
      : fd_(std::move(fd)), stop_fd_(stop_fd), may_wait_(may_wait) {}
  /// False: asked to stop.
  base::Result<bool> wait_for_bytes();

  base::UniqueFd fd_;
  int stop_fd_;
  bool may_wait_;  // no regular file
  bool stopped_ = false;
};

/// Bytes in memory, borrowed: for tests and fuzzing. Gives at most `piece_bytes` at a time.
class MemoryBytes : public ByteSource {
 public:
  explicit MemoryBytes(std::span<const uint8_t> bytes, size_t piece_bytes = SIZE_MAX)
      : left_(bytes), piece_bytes_(piece_bytes) {}
  base::Result<size_t> read(uint8_t* to, size_t size) override;

 private:
  std::span<const uint8_t> left_;
  size_t piece_bytes_;
};

}  // namespace weir::source
