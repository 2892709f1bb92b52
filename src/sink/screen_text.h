// SPDX-License-Identifier: Apache-2.0
// Text in the columns of a terminal: measured, cut and padded as the terminal counts them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sink/text_table.h"

namespace weir::sink {

struct ScreenSpan {
  std::string text;
  Style style = Style::plain;
};

/// One line of the screen, from its left edge.
struct ScreenLine {
  std::vector<ScreenSpan> spans;
  bool reversed = false;  // dark on light, to its right edge

  ScreenLine& add(std::string text, Style style = Style::plain);
  std::string text() const;
};

/// The columns that `text` takes: 2 for wide characters (Unicode TR 11), 0 for combining ones.
size_t terminal_columns(std::string_view text);

/// `text` made safe to show: controls and broken UTF-8 as '?', characters without width left out.
std::string shown_text(std::string_view text);

/// Exactly `columns` wide: padded with blanks, or cut with '~' as the last character.
std::string fitted_text(std::string_view text, size_t columns, bool right = false);

/// Cuts `line` where it is wider than `columns`.
void cut_line(ScreenLine& line, size_t columns);

}  // namespace weir::sink
