// SPDX-License-Identifier: Apache-2.0
// Programs of an object that a run can do without.
#pragma once

#include <span>
#include <string_view>

namespace weir::kernel {

struct OptionalProgram {
  const char* name;
  const char* without;  // what is missing then
};

/// Null: the object is of no use without it.
inline const OptionalProgram* find_optional(std::span<const OptionalProgram> programs,
                                            std::string_view name) {
  for (const OptionalProgram& program : programs)
    if (program.name == name) return &program;
  return nullptr;
}

}  // namespace weir::kernel
