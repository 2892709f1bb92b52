// SPDX-License-Identifier: Apache-2.0
// The owners of the flows in the table, each by a small number that fits into a slot.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decode/process.h"

namespace weir::flow {

/// Holds each process once, as long as an end of a flow names it: bounded by the flows.
class OwnerTable {
 public:
  static constexpr uint32_t kNone = 0;

  OwnerTable() : entries_(1) {}

  /// Null for kNone.
  const decode::ProcessPtr& operator[](uint32_t owner) const { return entries_[owner].process; }

  /// Puts `process` (not null) in the place of what `owner` names.
  void set(uint32_t& owner, const decode::ProcessPtr& process) {
    if (entries_[owner].process == process) return;
    release(owner);
    const auto [known, added] = numbers_.try_emplace(process.get(), free_);
    if (added && free_ == kNone) {
      known->second = static_cast<uint32_t>(entries_.size());
      entries_.emplace_back();
    }
    owner = known->second;
    Entry& entry = entries_[owner];
    if (added) {
      if (owner == free_) free_ = entry.uses;
      entry = {process, 0};
    }
    ++entry.uses;
  }
  /// `owner` names nobody any more.
  void release(uint32_t& owner) {
    const uint32_t number = std::exchange(owner, kNone);
    if (number == kNone || --entries_[number].uses != 0) return;
    numbers_.erase(entries_[number].process.get());
    entries_[number] = {nullptr, free_};
    free_ = number;
  }
  size_t size() const { return numbers_.size(); }

 private:
  struct Entry {
    decode::ProcessPtr process;
    uint32_t uses = 0;  // of a free one: the next free one
  };
  std::vector<Entry> entries_;  // the first stands for nobody
  std::unordered_map<const decode::Process*, uint32_t> numbers_;
  uint32_t free_ = kNone;
};

}  // namespace weir::flow
