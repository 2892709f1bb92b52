// SPDX-License-Identifier: Apache-2.0
// The words and numbers of which a value's text is made; knows no types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lab/value_bits.h"

namespace weir::lab {

/// A place in a value's text, and what stands there. White space is skipped before each word.
class ValueWords {
 public:
  explicit ValueWords(std::string_view text) : text_(text) {}

  /// Whether `sign` comes next; `take` goes past it.
  bool next_is(char sign);
  bool take(char sign);
  bool at_end();
  /// A run without spaces and signs of structure, maybe empty: 17, LISTEN, fe80::1 with `address`.
  std::string_view word(bool address = false);
  /// What stands in quotes, its escapes (JSON's, and C's \x41, \0) undone. Fails with bad_input.
  base::Result<std::string> quoted();
  /// bad_input: "at 'the rest of the text': message".
  tl::unexpected<base::Error> wrong(const std::string& message) const;

  size_t place() const { return at_; }
  void go_back(size_t place) { at_ = place; }

 private:
  void skip_space();
  base::Result<uint32_t> escaped_number(size_t digits);

  std::string_view text_;
  size_t at_ = 0;
};

struct WrittenNumber {
  WideNumber size = 0;  // without its sign
  bool negative = false;
  bool hexadecimal = false;
};
/// 17, -1, 0x1f, 0b101; nothing where `word` is none of these or takes more than 128 bits.
std::optional<WrittenNumber> written_number(std::string_view word);

/// Whether the number, as two's complement, fits into so many bits; hexadecimal ones may use the sign's bit.
bool fits(const WrittenNumber& number, uint32_t bits, bool is_signed);
WideNumber as_bits(const WrittenNumber& number);

}  // namespace weir::lab
