// SPDX-License-Identifier: Apache-2.0
#include "sink/text_table.h"

#include <algorithm>

#include "sink/human_text.h"

namespace weir::sink {
namespace {

void append_cell(std::string& line, const Cell& cell, size_t width, bool right, bool colour) {
  const std::string blanks(width - std::min(width, display_width(cell.text)), ' ');
  if (right) line += blanks;
  const bool styled = colour && cell.style != Style::plain && !cell.text.empty();
  if (styled) line += style_begin(cell.style);
  line += cell.text;
  if (styled) line += kStyleEnd;
  if (!right) line += blanks;
}

}  // namespace

const char* style_begin(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::warning:
      return "\x1b[33m";
    case Style::alarm:
      return "\x1b[31m";
  }
  return "";
}

void TextTable::write_to(OutputBuffer& output, bool colour) const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i].text));

  const Cell empty;
  std::string line;
  const auto finish_line = [&] {
    line.erase(line.find_last_not_of(' ') + 1);
    line += '\n';
    output.append(line);
    line.clear();
  };
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i != 0) line += "  ";
    append_cell(line, {columns_[i].title, Style::bold}, widths[i], columns_[i].right, colour);
  }
  finish_line();
  for (const auto& row : rows_) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i != 0) line += "  ";
      append_cell(line, i < row.size() ? row[i] : empty, widths[i], columns_[i].right, colour);
    }
    finish_line();
  }
}

}  // namespace weir::sink
