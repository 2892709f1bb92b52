// SPDX-License-Identifier: Apache-2.0
// One capture file being written, block by block; knows no format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sink/write_behind.h"

namespace weir::sink {

/// Collects whole blocks and hands them to the kernel in large writes that begin and end between blocks:
/// whoever kills the process leaves a file that can be read up to its last whole block. After a failed write
/// a regular file is cut back to its last whole block, and everything further is refused.
class CaptureFileWriter {
 public:
  /// The block is still in the CPU's cache when the kernel copies it: writes of 256 KiB took twice the time.
  static constexpr size_t kWriteBytes = 64 * 1024;

  /// Creates or empties the file; "-" is stdout. Fails with the kind of the errno.
  static base::Result<CaptureFileWriter> create(const std::string& path);
  /// `name` is for messages.
  CaptureFileWriter(base::UniqueFd fd, std::string name);

  /// Every packet is handed on at once.
  void write_each_packet() { each_packet_ = true; }

  /// At least `bytes` to write a block into, until the next call.
  uint8_t* room(size_t bytes) {
    if (capacity_ - used_ < bytes) make_room(bytes);
    return buffer_.get() + used_;
  }
  enum class Block : uint8_t { other, packet };
  /// What was written to `room` is a whole block of `bytes`. False: failed, now or before.
  bool commit(size_t bytes, Block block) {
    used_ += bytes;
    marks_.push_back({static_cast<uint32_t>(used_), block});
    if (block == Block::packet) ++packets_;
    if (used_ < kWriteBytes && !(each_packet_ && block == Block::packet)) return !error_;
    return flush();
  }

  /// As `commit`, of a block with `data` within: it stands behind the first `before` of the `bytes` in
  /// `room`. The data goes to the kernel from where it is, and before this returns: for what is long.
  bool commit_around(size_t before, std::span<const uint8_t> data, size_t bytes, Block block);
  static constexpr size_t kLongBytes = 8192;

  /// Hands everything on. False: failed, now or before.
  bool flush() { return hand_on(used_, {}); }
  /// Names the file and the packets that it holds. system_errno EPIPE: the reader has gone.
  const std::optional<base::Error>& error() const { return error_; }

  /// Of the file with what waits; on a file that was appended to, what we added.
  uint64_t bytes() const { return written_bytes_ + used_; }
  uint64_t packets() const { return packets_; }
  /// Packets that the kernel has whole.
  uint64_t packets_kept() const { return packets_kept_; }
  const std::string& name() const { return name_; }

 private:
  struct Mark {
    uint32_t end;  // behind the first block that waits
    Block block;
  };

  void make_room(size_t bytes);
  bool hand_on(size_t split, std::span<const uint8_t> data);
  void keep_whole_blocks(size_t written);
  bool write_behind();
  void fail(int problem, size_t written);

  base::UniqueFd fd_;
  std::string name_;
  bool created_ = false;  // by us, and a regular file as far as is known
  bool each_packet_ = false;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t capacity_;
  size_t used_ = 0;
  std::vector<Mark> marks_;  // of the blocks in the buffer
  uint64_t written_bytes_ = 0;
  uint64_t packets_ = 0;
  uint64_t packets_kept_ = 0;
  std::unique_ptr<WriteBehind> behind_;  // null: the file is short, or no regular one
  std::optional<base::Error> error_;
};

}  // namespace weir::sink
