// SPDX-License-Identifier: Apache-2.0
#include "source/capture_window.h"

#include <algorithm>
#include <cstring>

namespace weir::source {

void ByteWindow::make_room(size_t bytes) {
  const size_t kept = size();
  const size_t needed = std::max(bytes, chunk_bytes_);
  if (needed > capacity_) {
    std::unique_ptr<uint8_t[]> larger(new uint8_t[needed]);  // not zeroed: read fills it
    if (kept > 0) std::memcpy(larger.get(), begin(), kept);
    buffer_ = std::move(larger);
    capacity_ = needed;
  } else if (kept > 0 && begin_ > 0) {
    std::memmove(buffer_.get(), begin(), kept);
  }
  begin_ = 0;
  end_ = kept;
}

bool ByteWindow::fill(size_t bytes) {
  if (size() >= bytes) return true;
  if (ended_) return false;
  make_room(bytes);
  while (size() < bytes) {
    auto got = source_->read(buffer_.get() + end_, capacity_ - end_);
    if (!got || *got == 0) {
      ended_ = true;
      if (!got) error_ = got.error();
      return false;
    }
    end_ += *got;
  }
  return true;
}

}  // namespace weir::source
