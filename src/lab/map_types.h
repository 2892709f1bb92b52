// SPDX-License-Identifier: Apache-2.0
// A map's keys and values as people read and write them: by BTF where the map has it, else as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/map_entries.h"
#include "lab/type_set.h"
#include "lab/value_leaves.h"
#include "lab/value_printer.h"

namespace weir::lab {

class MapTypes {
 public:
  /// Never fails for want of BTF. `why_untyped` says why values are bytes where they might be more.
  static MapTypes of(const MapEntries& map);

  bool typed() const { return types_.has_value(); }
  const std::string& why_untyped() const { return why_untyped_; }
  /// Whether the values of a per-CPU map are added up.
  bool can_sum() const { return per_cpu_ && !leaves_.empty(); }
  /// The numbers of a value, by name; what `top` sorts by.
  const std::vector<Leaf>& leaves() const { return leaves_; }

  void print_key(std::span<const std::byte> key, ValueForm form, std::string& to) const;
  /// One CPU's value, or a sum.
  void print_value(std::span<const std::byte> value, ValueForm form, std::string& to) const;
  /// The CPUs' values in one; of other maps the value itself.
  std::vector<std::byte> summed(std::span<const std::byte> entry_value) const;

  base::Result<std::vector<std::byte>> parse_key(std::string_view text) const;
  /// Writes over `entry_value` what `text` names; for each CPU of a per-CPU map.
  base::Result<> parse_value(std::string_view text, std::span<std::byte> entry_value) const;

  std::string key_type_name() const;
  std::string value_type_name() const;

 private:
  void print(uint32_t type, std::span<const std::byte> bytes, ValueForm form, std::string& to) const;

  std::optional<TypeSet> types_;
  std::string why_untyped_;
  uint32_t key_type_ = 0;    // 0: as bytes, but a u32 where `plain_key_` says so
  uint32_t value_type_ = 0;  // 0: as bytes
  bool plain_key_ = false;   // an array's index
  bool ids_ = false;         // the value is the id of a program or map
  bool per_cpu_ = false;
  size_t key_bytes_ = 0;
  size_t value_bytes_ = 0;
  size_t stride_ = 0;
  uint32_t values_ = 1;
  std::vector<Leaf> leaves_;
};

}  // namespace weir::lab
