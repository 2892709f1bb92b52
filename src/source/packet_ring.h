// SPDX-License-Identifier: Apache-2.0
// Reads the ring of captured packets where it lies, without a system call and without being woken. Knows the
// ring's form (kernel/bpf/ringbuf.c), not the records'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace weir::source {

class PacketRing {
 public:
  /// Maps the BPF_MAP_TYPE_RINGBUF of `bytes`. The descriptor is needed only for this call.
  static base::Result<PacketRing> open(int map_fd, uint64_t bytes);

  PacketRing(PacketRing&& other) noexcept;
  PacketRing& operator=(PacketRing&&) = delete;
  ~PacketRing();

  /// Calls `each(record)` for records that are there, oldest first, until none is left, `most` are read or
  /// `each` gives false. A record's bytes stay until the call is over. How many were read.
  template <class Each>
  size_t drain(size_t most, Each&& each) {
    size_t records = 0;
    uint64_t at = position_;
    uint64_t end = __atomic_load_n(producer_, __ATOMIC_ACQUIRE);
    for (bool more = true; more && records < most;) {
      if (at == end && at == (end = __atomic_load_n(producer_, __ATOMIC_ACQUIRE))) break;
      const std::byte* header = data_ + (at & mask_);
      const uint32_t length = __atomic_load_n(reinterpret_cast<const uint32_t*>(header), __ATOMIC_ACQUIRE);
      if (length & kBusy) break;  // its writer is not done
      const uint32_t bytes = length & ~(kBusy | kDiscarded);
      if (!(length & kDiscarded)) {
        more = each(std::span(header + kHeaderBytes, bytes));
        ++records;
      }
      at += (uint64_t{bytes} + kHeaderBytes + 7) / 8 * 8;
      // Room goes back in portions: the writers' CPUs read this position.
      if (at - position_ >= give_back_) release(at);
    }
    release(at);
    return records;
  }

  /// Bytes that wait to be read, or are being written.
  uint64_t waiting_bytes() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE) - position_; }
  uint64_t size_bytes() const { return mask_ + 1; }

 private:
  static constexpr uint32_t kBusy = 1U << 31;       // BPF_RINGBUF_BUSY_BIT
  static constexpr uint32_t kDiscarded = 1U << 30;  // BPF_RINGBUF_DISCARD_BIT
  static constexpr size_t kHeaderBytes = 8;         // BPF_RINGBUF_HDR_SZ

  PacketRing() = default;
  void release(uint64_t position) {
    position_ = position;
    __atomic_store_n(consumer_, position, __ATOMIC_RELEASE);
  }

  uint64_t* consumer_ = nullptr;        // a page of ours
  const uint64_t* producer_ = nullptr;  // a page of the kernel's, before the data
  const std::byte* data_ = nullptr;     // twice in a row, so that records never wrap
  uint64_t mask_ = 0;
  uint64_t position_ = 0;  // what consumer_ says
  uint64_t give_back_ = 0;
  size_t page_ = 0;
};

}  // namespace weir::source
