// SPDX-License-Identifier: Apache-2.0
// When to look at a flow again: 4096 buckets of 100 ms. Packets do not move a flow; it is moved when looked
// at.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "flow/slot_pool.h"

namespace weir::flow {

/// Lists of slots, linked through FlowSlot::next and ::previous. Times are nanoseconds >= 0.
class TimerWheel {
 public:
  static constexpr int64_t kTickNs = 100'000'000;
  static constexpr int64_t kBuckets = 4096;

  TimerWheel() : heads_(std::make_unique<Heads>()) { heads_->fill(kNoSlot); }

  /// Begins at `now_ns`; all buckets must be empty.
  void start(int64_t now_ns) { tick_ = now_ns / kTickNs; }
  bool due(int64_t now_ns) const { return now_ns >= (tick_ + 1) * kTickNs; }

  /// Has `slot` looked at soon after `deadline_ns`; at the latest in kBuckets ticks, then it links itself
  /// anew.
  void link(SlotPool& slots, uint32_t slot, int64_t deadline_ns) {
    const int64_t tick = std::clamp(deadline_ns / kTickNs + 1, tick_ + 1, tick_ + kBuckets - 1);
    const auto bucket = static_cast<uint16_t>(tick % kBuckets);
    FlowSlot& flow = slots[slot];
    flow.bucket = bucket;
    flow.previous = kNoSlot;
    flow.next = (*heads_)[bucket];
    if (flow.next != kNoSlot) slots[flow.next].previous = slot;
    (*heads_)[bucket] = slot;
  }

  void unlink(SlotPool& slots, uint32_t slot) {
    FlowSlot& flow = slots[slot];
    if (flow.bucket == FlowSlot::kUnlinked) return;
    if (flow.previous != kNoSlot)
      slots[flow.previous].next = flow.next;
    else
      (*heads_)[flow.bucket] = flow.next;
    if (flow.next != kNoSlot) slots[flow.next].previous = flow.previous;
    flow.bucket = FlowSlot::kUnlinked;
  }

  /// Moves on to `now_ns` and calls `look(slot)` for each slot whose tick has come, unlinked. A leap over
  /// more than the whole wheel looks at every slot once.
  template <class Look>
  void advance(SlotPool& slots, int64_t now_ns, Look look) {
    const int64_t target = now_ns / kTickNs;
    int64_t first = tick_ + 1;
    if (target - first >= kBuckets) first = target - kBuckets + 1;
    for (int64_t tick = first; tick <= target; ++tick) {
      tick_ = tick;
      uint32_t& head = (*heads_)[static_cast<size_t>(tick % kBuckets)];
      while (head != kNoSlot) {
        const uint32_t slot = head;
        unlink(slots, slot);
        look(slot);
      }
    }
  }

  void clear() { heads_->fill(kNoSlot); }

 private:
  using Heads = std::array<uint32_t, kBuckets>;

  std::unique_ptr<Heads> heads_;
  int64_t tick_ = 0;
};

}  // namespace weir::flow
