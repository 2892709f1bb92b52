// SPDX-License-Identifier: Apache-2.0
// Room for a fixed number of flow slots; memory is taken from the kernel as slots are first used.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "flow/flow_slot.h"

namespace weir::flow {

class SlotPool {
 public:
  /// Reserves address space for `capacity` slots. Fails with resource.
  static base::Result<SlotPool> reserve(uint32_t capacity);
  SlotPool(SlotPool&& other) noexcept;
  SlotPool& operator=(SlotPool&& other) noexcept;
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;
  ~SlotPool();

  /// A slot of unspecified content, or kNoSlot when all are taken.
  uint32_t take();
  void give_back(uint32_t slot);

  FlowSlot& operator[](uint32_t slot) { return slots_[slot]; }
  const FlowSlot& operator[](uint32_t slot) const { return slots_[slot]; }
  /// Slots at and beyond this were never taken.
  uint32_t high_water() const { return high_water_; }
  uint32_t in_use() const { return in_use_; }
  uint32_t capacity() const { return capacity_; }

 private:
  SlotPool(FlowSlot* slots, uint32_t capacity) : slots_(slots), capacity_(capacity) {}

  FlowSlot* slots_ = nullptr;
  uint32_t capacity_ = 0;
  uint32_t high_water_ = 0;
  uint32_t in_use_ = 0;
  uint32_t free_ = kNoSlot;  // the first of those given back, linked through FlowSlot::next
};

}  // namespace weir::flow
