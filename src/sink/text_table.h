// SPDX-License-Identifier: Apache-2.0
// Rows of text in aligned columns.
#pragma once

#include <string>
#include <vector>

#include "sink/output_buffer.h"

namespace weir::sink {

enum class Style { plain, bold, dim, warning, alarm };

struct Cell {
  std::string text;
  Style style = Style::plain;
};

struct Column {
  std::string title;
  bool right = false;  // aligned to the right: numbers
};

/// The terminal's words that begin a style; "" for plain. kStyleEnd ends any.
const char* style_begin(Style style);
inline constexpr const char* kStyleEnd = "\x1b[0m";

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell a column; missing ones are empty.
  void add_row(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  /// Titles, then rows, two spaces between columns, nothing after the last word of a line.
  void write_to(OutputBuffer& output, bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace weir::sink
