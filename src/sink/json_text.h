// SPDX-License-Identifier: Apache-2.0
// JSON's tokens (RFC 8259) written into memory that the caller made large enough.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::sink {

/// The most bytes that `write_json_string` needs for `text_bytes`: \u00XX for each, and two quotes.
constexpr size_t json_string_bound(size_t text_bytes) {
  return 6 * text_bytes + 2;
}

struct Utf8Sequence {
  size_t bytes;  // of the text that it takes, at least 1
  bool valid;
};

/// The well-formed sequence at the front of `text` (not empty, not ASCII), or the longest beginning of one
/// (Unicode 15, 3.9, table 3-7).
Utf8Sequence first_utf8_sequence(std::string_view text);

/// Writes `text` in quotes; what is not UTF-8 becomes U+FFFD, one for each maximal part of a broken sequence
/// (Unicode 15, 3.9, table 3-8). Returns the end.
char* write_json_string(char* to, std::string_view text);

/// Writes what is known to need no escaping: names, punctuation.
inline char* write_raw(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

inline char* write_number(char* to, std::integral auto number) {
  return std::to_chars(to, to + 20, number).ptr;
}

}  // namespace weir::sink
