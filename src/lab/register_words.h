// SPDX-License-Identifier: Apache-2.0
// What the verifier knows of a register or a piece of the stack, in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::lab {

/// Of a value such as "map_value_or_null(id=1,map=counts,ks=4,vs=8)": "a value of the map counts (8 bytes),
/// or NULL". Wordings of Linux 5.10 and later; what is not known stays as it is.
std::string describe_known(std::string_view value);

/// Of a piece of eight bytes of the stack, such as "mmmm????": a letter a byte.
std::string describe_stack(std::string_view value);

/// A number's range; nothing where `value` is no number.
struct NumberRange {
  bool is_exact = false;
  bool has_least = false;  // else it may be negative, or nothing is known
  bool has_most = false;
  int64_t least = 0;
  uint64_t most = 0;
};
std::optional<NumberRange> number_range(std::string_view value);

bool is_maybe_null(std::string_view value);
/// "map=counts" of "map_value(map=counts,ks=4,vs=8)": "counts"; empty where it is not there.
std::string_view attribute(std::string_view value, std::string_view key);

}  // namespace weir::lab
