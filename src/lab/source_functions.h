// SPDX-License-Identifier: Apache-2.0
// Where the functions of a C file begin and end: by its brackets alone, so that what does not compile, or was
// thrown away by clang, is found too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::lab {

struct SourceFunction {
  std::string name;
  uint32_t first_line = 0;  // of its name
  uint32_t last_line = 0;
};

/// At most 65,536; macros are taken as they stand.
std::vector<SourceFunction> find_functions(std::string_view source);

}  // namespace weir::lab
