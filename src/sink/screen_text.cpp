// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_text.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

#include "sink/human_text.h"
#include "sink/json_text.h"

namespace weir::sink {
namespace {

constexpr char kCutMark = '~';

/// The code point of a well-formed sequence.
char32_t code_point(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(sequence[i]); };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu);
    case 3:
      return (byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
    default:
      return (byte(0) & 0x07u) << 18 | (byte(1) & 0x3fu) << 12 | (byte(2) & 0x3fu) << 6 | (byte(3) & 0x3fu);
  }
}

/// As the C library tells it, which ncurses asks too; in UTF-8 whatever the user's locale is.
size_t width_of(char32_t character) {
  static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (kUtf8 == nullptr) return 1;
  const locale_t before = ::uselocale(kUtf8);
  const int width = ::wcwidth(static_cast<wchar_t>(character));
  ::uselocale(before);
  return width < 0 ? 1 : static_cast<size_t>(width);
}

/// Calls `each(bytes, width)` for every character, until it says false.
template <class Each>
void for_each_character(std::string_view text, Each each) {
  for (size_t i = 0; i < text.size();) {
    const bool ascii = static_cast<unsigned char>(text[i]) < 0x80;
    const Utf8Sequence sequence = ascii ? Utf8Sequence{1, true} : first_utf8_sequence(text.substr(i));
    const std::string_view bytes = text.substr(i, sequence.bytes);
    if (!each(bytes, ascii || !sequence.valid ? 1 : width_of(code_point(bytes)))) return;
    i += sequence.bytes;
  }
}

/// The longest beginning of `text` that takes at most `columns`.
std::string_view beginning(std::string_view text, size_t columns) {
  size_t bytes = 0;
  size_t used = 0;
  for_each_character(text, [&](std::string_view character, size_t width) {
    if (used + width > columns) return false;
    used += width;
    bytes += character.size();
    return true;
  });
  return text.substr(0, bytes);
}

}  // namespace

ScreenLine& ScreenLine::add(std::string text, Style style) {
  spans.push_back({std::move(text), style});
  return *this;
}

std::string ScreenLine::text() const {
  std::string whole;
  for (const ScreenSpan& span : spans) whole += span.text;
  return whole;
}

size_t terminal_columns(std::string_view text) {
  size_t columns = 0;
  for_each_character(text, [&](std::string_view, size_t width) {
    columns += width;
    return true;
  });
  return columns;
}

std::string shown_text(std::string_view text) {
  const std::string clean = printable(text);
  std::string shown;
  for_each_character(clean, [&](std::string_view character, size_t width) {
    if (width != 0) shown += character;
    return true;
  });
  return shown;
}

std::string fitted_text(std::string_view text, size_t columns, bool right) {
  std::string fitted = shown_text(text);
  size_t width = terminal_columns(fitted);
  if (width > columns) {
    fitted = columns == 0 ? "" : std::string(beginning(fitted, columns - 1)) + kCutMark;
    width = terminal_columns(fitted);
  }
  const std::string blanks(columns - std::min(width, columns), ' ');
  return right ? blanks + fitted : fitted + blanks;
}

void cut_line(ScreenLine& line, size_t columns) {
  for (ScreenSpan& span : line.spans) {
    const size_t width = terminal_columns(span.text);
    if (width > columns) span.text = fitted_text(span.text, columns);
    columns -= std::min(columns, width);
  }
}

}  // namespace weir::sink
