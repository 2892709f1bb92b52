// SPDX-License-Identifier: Apache-2.0
// Reads a BPF ring buffer without waiting: its writers send no wake-ups.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"

struct ring_buffer;

namespace weir::kernel {

class Ring {
 public:
  using Each = std::function<void(std::span<const std::byte>)>;

  /// `each` gets one record at a time, whose bytes are gone when it returns.
  static base::Result<Ring> open(int borrowed_map_fd, Each each);

  /// Reads all that is there; how many records.
  size_t drain();

 private:
  struct Free {
    void operator()(ring_buffer* ring) const;
  };
  Ring() = default;

  std::unique_ptr<Each> each_;  // stays where it is: the C side holds its address
  std::unique_ptr<ring_buffer, Free> ring_;
};

}  // namespace weir::kernel
