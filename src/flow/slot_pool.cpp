// SPDX-License-Identifier: Apache-2.0
#include "flow/slot_pool.h"

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <utility>

namespace weir::flow {

base::Result<SlotPool> SlotPool::reserve(uint32_t capacity) {
  const size_t bytes = size_t{capacity} * sizeof(FlowSlot);
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return base::fail(base::ErrorKind::resource,
                      "no room for " + std::to_string(capacity) + " flows (" + std::to_string(bytes >> 20) +
                          " MiB); lower --max-flows",
                      errno);
  madvise(memory, bytes, MADV_HUGEPAGE);  // fewer TLB misses where the kernel has huge pages; refusal is fine
  return SlotPool(static_cast<FlowSlot*>(memory), capacity);
}

SlotPool::SlotPool(SlotPool&& other) noexcept
    : slots_(std::exchange(other.slots_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      high_water_(other.high_water_),
      in_use_(other.in_use_),
      free_(other.free_) {}

SlotPool& SlotPool::operator=(SlotPool&& other) noexcept {
  std::swap(slots_, other.slots_);
  std::swap(capacity_, other.capacity_);
  std::swap(high_water_, other.high_water_);
  std::swap(in_use_, other.in_use_);
  std::swap(free_, other.free_);
  return *this;
}

SlotPool::~SlotPool() {
  if (slots_) munmap(slots_, size_t{capacity_} * sizeof(FlowSlot));
}

uint32_t SlotPool::take() {
  uint32_t slot = free_;
  if (slot != kNoSlot) {
    free_ = slots_[slot].next;
  } else {
    if (high_water_ == capacity_) return kNoSlot;
    slot = high_water_++;
    new (&slots_[slot]) FlowSlot();
  }
  ++in_use_;
  return slot;
}

void SlotPool::give_back(uint32_t slot) {
  slots_[slot].live = false;
  slots_[slot].next = free_;
  free_ = slot;
  --in_use_;
}

}  // namespace weir::flow
