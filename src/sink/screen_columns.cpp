// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_columns.h"

#include <algorithm>
#include <numeric>

namespace weir::sink {

std::vector<size_t> column_widths(const std::vector<ScreenColumn>& columns, const std::vector<size_t>& wanted,
                                  size_t width, size_t gap) {
  std::vector<size_t> ranked(columns.size());
  std::iota(ranked.begin(), ranked.end(), size_t{0});
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](size_t a, size_t b) { return columns[a].rank < columns[b].rank; });
  std::vector<size_t> widths(columns.size(), 0);
  size_t used = 0;
  for (const size_t i : ranked) {
    const size_t gaps = used == 0 ? 0 : gap;
    if (used + gaps + columns[i].least > width) {
      if (used == 0) widths[i] = used = width;
      break;
    }
    widths[i] = columns[i].least;
    used += gaps + columns[i].least;
  }
  for (const size_t i : ranked) {
    const size_t full = std::min(columns[i].most, wanted[i]);
    if (widths[i] == 0 || full <= widths[i]) continue;
    const size_t more = std::min(full - widths[i], width - used);
    widths[i] += more;
    used += more;
  }
  return widths;
}

ScreenLine column_line(const std::vector<ScreenColumn>& columns, const std::vector<size_t>& widths,
                       const std::vector<Cell>& cells, size_t gap) {
  ScreenLine line;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0) continue;
    if (!line.spans.empty()) line.spans.back().text.append(gap, ' ');
    line.add(fitted_text(cells[i].text, widths[i], columns[i].column.right), cells[i].style);
  }
  return line;
}

ScreenLine title_line(const std::vector<ScreenColumn>& columns, const std::vector<size_t>& widths,
                      size_t gap) {
  std::vector<Cell> titles;
  for (const ScreenColumn& column : columns) titles.push_back({column.column.title, Style::bold});
  ScreenLine line = column_line(columns, widths, titles, gap);
  line.reversed = true;
  return line;
}

}  // namespace weir::sink
