// SPDX-License-Identifier: Apache-2.0
// The part of a byte stream that is in memory, whole records of it side by side; knows nothing of formats.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "source/capture_bytes.h"

namespace weir::source {

/// Bytes stay where they are until the next `fill`, also those consumed.
class ByteWindow {
 public:
  /// Holds `chunk_bytes`, or what the largest `fill` asked for.
  ByteWindow(std::unique_ptr<ByteSource> source, size_t chunk_bytes)
      : source_(std::move(source)), chunk_bytes_(chunk_bytes) {}

  const uint8_t* begin() const { return buffer_.get() + begin_; }
  size_t size() const { return end_ - begin_; }
  std::span<const uint8_t> bytes() const { return {begin(), size()}; }
  /// Of the first byte, from the stream's start.
  uint64_t offset() const { return offset_; }
  void consume(size_t bytes) {
    begin_ += bytes;
    offset_ += bytes;
  }

  /// Waits until `bytes` are there. False: the source ended, failed or was stopped before; what had come
  /// stays in the window.
  bool fill(size_t bytes);

  bool stopped() const { return source_->stopped(); }
  /// Why the source failed, once `fill` was false.
  const std::optional<base::Error>& error() const { return error_; }
  /// Hands the source on; the window ends with what it holds.
  std::unique_ptr<ByteSource> take_source() { return std::move(source_); }

 private:
  void make_room(size_t bytes);

  std::unique_ptr<ByteSource> source_;
  size_t chunk_bytes_;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t offset_ = 0;
  bool ended_ = false;
  std::optional<base::Error> error_;
};

}  // namespace weir::source
