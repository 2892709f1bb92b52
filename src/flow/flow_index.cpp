// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_index.h"

#include <utility>

namespace weir::flow {

void FlowIndex::place(Cell cell) {
  size_t at = cell.hash & mask();
  while (cells_[at].slot_plus_1 != 0) at = (at + 1) & mask();
  cells_[at] = cell;
}

void FlowIndex::insert(uint32_t hash, uint32_t slot) {
  if ((size_ + 1) > cells_.size() * 3 / 4) {
    std::vector<Cell> old(cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old)
      if (cell.slot_plus_1 != 0) place(cell);
  }
  place({hash, slot + 1});
  ++size_;
}

void FlowIndex::erase(uint32_t hash, uint32_t slot) {
  size_t hole = hash & mask();
  while (cells_[hole].slot_plus_1 != slot + 1) {
    if (cells_[hole].slot_plus_1 == 0) return;
    hole = (hole + 1) & mask();
  }
  // Backward shift: no tombstones, so a table that lives for days stays fast.
  for (size_t at = (hole + 1) & mask(); cells_[at].slot_plus_1 != 0; at = (at + 1) & mask()) {
    const size_t home = cells_[at].hash & mask();
    if (((at - home) & mask()) < ((at - hole) & mask())) continue;
    cells_[hole] = cells_[at];
    hole = at;
  }
  cells_[hole] = {};
  --size_;
}

void FlowIndex::clear() {
  cells_.assign(kFirstCells, {});
  size_ = 0;
}

}  // namespace weir::flow
