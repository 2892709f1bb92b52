// SPDX-License-Identifier: Apache-2.0
// The numbers inside a value's type, each with its name and place: to sum the CPUs' values and to sort by
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/type_set.h"
#include "lab/value_bits.h"

namespace weir::lab {

enum class LeafKind : uint8_t {
  unsigned_number,
  signed_number,
  floating,
  other,  // enums, pointers, booleans, text: not to be summed
};

struct Leaf {
  std::string path;  // "packets", "sent.bytes", "count[3]"; empty: the value itself
  LeafKind kind = LeafKind::other;
  BitRange range;            // of `other` the size may be larger than 128
  uint64_t other_bytes = 0;  // of `other`
};

/// In the order in which they lie; nothing where the type has none, goes beyond kDeepest or has more than
/// kMostLeaves.
inline constexpr size_t kMostLeaves = 65536;
std::optional<std::vector<Leaf>> leaves_of(const TypeSet& types, uint32_t type_id);

/// As a floating number, for sorting; 0 for `other` and beyond the bytes.
double leaf_number(const Leaf& leaf, std::span<const std::byte> bytes);

/// Sums the values of `count` CPUs, `stride` bytes apart, leaf by leaf, wrapping as the kernel's would. Of
/// what cannot be summed it takes the first CPU's that is not zero. The result has `value_bytes`.
std::vector<std::byte> sum_of_cpus(std::span<const Leaf> leaves, std::span<const std::byte> values,
                                   size_t stride, uint32_t count, size_t value_bytes);

}  // namespace weir::lab
