// SPDX-License-Identifier: Apache-2.0
// Hash -> slot: open addressing over 8-byte cells (the hash and the slot), at most three quarters full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::flow {

/// Knows hashes only; the caller compares keys. Grows by doubling, without touching a slot.
class FlowIndex {
 public:
  FlowIndex() : cells_(kFirstCells) {}

  /// The first slot with this hash for which `matches(slot)`; `none` where there is none.
  template <class Matches>
  uint32_t find(uint32_t hash, Matches matches, uint32_t none) const {
    for (size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Cell cell = cells_[at];
      if (cell.slot_plus_1 == 0) return none;
      if (cell.hash == hash && matches(cell.slot_plus_1 - 1)) return cell.slot_plus_1 - 1;
    }
  }
  /// A slot that has this hash, if any: what is worth prefetching.
  uint32_t peek(uint32_t hash, uint32_t none) const {
    return find(
        hash, [](uint32_t) { return true; }, none);
  }
  void prefetch(uint32_t hash) const { __builtin_prefetch(&cells_[hash & mask()]); }

  void insert(uint32_t hash, uint32_t slot);
  void erase(uint32_t hash, uint32_t slot);
  void clear();
  size_t size() const { return size_; }

  /// Bytes of the cells for `entries`, with the old ones beside them while it grows.
  static constexpr size_t memory_bytes(size_t entries) {
    size_t cells = kFirstCells;
    while (cells * 3 / 4 < entries) cells *= 2;
    return (cells + (cells > kFirstCells ? cells / 2 : 0)) * sizeof(Cell);
  }

 private:
  struct Cell {
    uint32_t hash = 0;
    uint32_t slot_plus_1 = 0;  // 0: empty
  };
  static constexpr size_t kFirstCells = 1024;

  size_t mask() const { return cells_.size() - 1; }
  void place(Cell cell);

  std::vector<Cell> cells_;
  size_t size_ = 0;
};

}  // namespace weir::flow
