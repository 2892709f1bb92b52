// SPDX-License-Identifier: Apache-2.0
// Splits hand-written classic BPF into words; knows nothing of instructions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::filter {

enum class ClassicTokenKind : uint8_t { word, number, sign, end_of_line };

struct ClassicToken {
  ClassicTokenKind kind = ClassicTokenKind::end_of_line;
  std::string_view text;          // into the source; empty at a line's end
  uint32_t value = 0;             // of a number; of an address as in `128.3.112`, its first byte highest
  uint32_t line = 0, column = 0;  // from 1

  bool is(std::string_view sign_or_word) const { return text == sign_or_word; }
};

/// "line:column: 'word' what".
base::Error classic_error(const ClassicToken& at, const std::string& what);

/// Every line ends with an end_of_line token. Comments (`; ...` and `/* ... */`) are left out.
base::Result<std::vector<ClassicToken>> scan_classic(std::string_view source);

}  // namespace weir::filter
