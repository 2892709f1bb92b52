// SPDX-License-Identifier: Apache-2.0
#include "source/packet_ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace weir::source {

base::Result<PacketRing> PacketRing::open(int map_fd, uint64_t bytes) {
  PacketRing ring;
  ring.page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  ring.mask_ = bytes - 1;
  ring.give_back_ = std::clamp<uint64_t>(bytes / 64, 4096, 256 * 1024);
  void* consumer = mmap(nullptr, ring.page_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED) return base::fail_errno(errno, "mapping the ring of packets");
  ring.consumer_ = static_cast<uint64_t*>(consumer);
  void* rest =
      mmap(nullptr, ring.page_ + 2 * bytes, PROT_READ, MAP_SHARED, map_fd, static_cast<off_t>(ring.page_));
  if (rest == MAP_FAILED) return base::fail_errno(errno, "mapping the ring of packets");
  ring.producer_ = static_cast<const uint64_t*>(rest);
  ring.data_ = static_cast<const std::byte*>(rest) + ring.page_;
  ring.position_ = __atomic_load_n(ring.consumer_, __ATOMIC_ACQUIRE);
  return ring;
}

PacketRing::PacketRing(PacketRing&& other) noexcept
    : consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)),
      data_(other.data_),
      mask_(other.mask_),
      position_(other.position_),
      give_back_(other.give_back_),
      page_(other.page_) {}

PacketRing::~PacketRing() {
  if (consumer_) munmap(consumer_, page_);
  if (producer_) munmap(const_cast<uint64_t*>(producer_), page_ + 2 * (mask_ + 1));
}

}  // namespace weir::source
