// SPDX-License-Identifier: Apache-2.0
// A large buffer in front of a descriptor; knows lines, not what is in them.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace weir::sink {

/// Collects text and writes it in big pieces. After a failed write everything further is thrown away and
/// `flush` keeps failing; how many whole lines went out before is in its message.
class OutputBuffer {
 public:
  /// `fd` is borrowed. Nothing is written before `flush` unless the buffer is full.
  explicit OutputBuffer(int fd, size_t capacity_bytes = 256 * 1024);

  /// At least `bytes` to write into, up to the next call; `advance_to` says how far it was used.
  char* room(size_t bytes) {
    if (capacity_ - used_ < bytes) make_room(bytes);
    return buffer_.get() + used_;
  }
  void advance_to(const char* end) { used_ = static_cast<size_t>(end - buffer_.get()); }

  void append(std::string_view text) {
    char* to = room(text.size());
    std::memcpy(to, text.data(), text.size());
    used_ += text.size();
  }

  /// Writes everything out. Fails with system_errno EPIPE where the reader has gone, ENOSPC, ...
  base::Result<> flush();

  bool failed() const { return error_.has_value(); }
  uint64_t written_bytes() const { return written_bytes_; }
  uint64_t written_lines() const { return written_lines_; }

 private:
  void make_room(size_t bytes);
  void write_out();

  int fd_;
  size_t capacity_;
  size_t used_ = 0;
  std::unique_ptr<char[]> buffer_;
  uint64_t written_bytes_ = 0;
  uint64_t written_lines_ = 0;
  std::optional<base::Error> error_;
};

}  // namespace weir::sink
