// SPDX-License-Identifier: Apache-2.0
// Which columns of a table a screen has room for, and how wide each is.
#pragma once

#include <cstddef>
#include <vector>

#include "sink/screen_text.h"

namespace weir::sink {

struct ScreenColumn {
  Column column;
  size_t least = 0;  // columns below which it tells too little; also what it begins with
  size_t most = 0;
  int rank = 0;  // the smallest are kept where the screen is narrow
};

/// The width of each column, 0 for those left out; `wanted` is what the widest cell of each takes. Together
/// with `gap` blanks between them they take at most `width`.
std::vector<size_t> column_widths(const std::vector<ScreenColumn>& columns, const std::vector<size_t>& wanted,
                                  size_t width, size_t gap);

/// One line of cells, or of the titles.
ScreenLine column_line(const std::vector<ScreenColumn>& columns, const std::vector<size_t>& widths,
                       const std::vector<Cell>& cells, size_t gap);
ScreenLine title_line(const std::vector<ScreenColumn>& columns, const std::vector<size_t>& widths,
                      size_t gap);

}  // namespace weir::sink
