// SPDX-License-Identifier: Apache-2.0
#include "lab/value_words.h"

#include <algorithm>

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kShownOfRest = 24;

int digit_of(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return 99;
}

bool ends_word(char character, bool address) {
  if (character == ':') return !address;
  return static_cast<unsigned char>(character) <= ' ' ||
         std::string_view("{}[],=\"'").find(character) != std::string_view::npos;
}

void append_utf8(std::string& to, uint32_t code) {
  if (code < 0x80) {
    to += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6);
  } else {
    to += static_cast<char>(0xe0 | code >> 12);
    to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
  }
  to += static_cast<char>(0x80 | (code & 0x3f));
}

}  // namespace

void ValueWords::skip_space() {
  while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) <= ' ') ++at_;
}

bool ValueWords::next_is(char sign) {
  skip_space();
  return at_ < text_.size() && text_[at_] == sign;
}

bool ValueWords::take(char sign) {
  if (!next_is(sign)) return false;
  ++at_;
  return true;
}

bool ValueWords::at_end() {
  skip_space();
  return at_ == text_.size();
}

std::string_view ValueWords::word(bool address) {
  skip_space();
  const size_t begin = at_;
  while (at_ < text_.size() && !ends_word(text_[at_], address)) ++at_;
  return text_.substr(begin, at_ - begin);
}

Result<uint32_t> ValueWords::escaped_number(size_t digits) {
  uint32_t number = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int digit = at_ < text_.size() ? digit_of(text_[at_]) : 99;
    if (digit > 15) return wrong("an escape needs " + std::to_string(digits) + " hexadecimal digits");
    number = number << 4 | static_cast<uint32_t>(digit);
    ++at_;
  }
  return number;
}

Result<std::string> ValueWords::quoted() {
  skip_space();
  if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return wrong("a quote is needed");
  const char quote = text_[at_++];
  std::string plain;
  while (at_ < text_.size() && text_[at_] != quote) {
    if (text_[at_] != '\\') {
      plain += text_[at_++];
      continue;
    }
    if (++at_ == text_.size()) break;
    constexpr std::string_view kLetters = "nrtbf0";
    constexpr std::string_view kMeant("\n\r\t\b\f\0", 6);
    const char letter = text_[at_++];
    if (letter == 'u' || letter == 'x') {
      const auto number = escaped_number(letter == 'u' ? 4 : 2);
      if (!number) return tl::unexpected<base::Error>(number.error());
      if (letter == 'u')
        append_utf8(plain, *number);
      else
        plain += static_cast<char>(*number);
    } else if (const size_t known = kLetters.find(letter); known != std::string_view::npos) {
      plain += kMeant[known];
    } else {
      plain += letter;
    }
  }
  if (at_ == text_.size()) return wrong("the quote is not closed");
  ++at_;
  return plain;
}

tl::unexpected<base::Error> ValueWords::wrong(const std::string& message) const {
  if (at_ >= text_.size()) return base::fail(ErrorKind::bad_input, "at its end: " + message);
  std::string rest(text_.substr(at_, kShownOfRest));
  if (text_.size() - at_ > kShownOfRest) rest += "...";
  std::replace_if(
      rest.begin(), rest.end(), [](char character) { return static_cast<unsigned char>(character) < ' '; },
      ' ');
  return base::fail(ErrorKind::bad_input, "at '" + rest + "': " + message);
}

std::optional<WrittenNumber> written_number(std::string_view word) {
  WrittenNumber number;
  if (word.starts_with('-') || word.starts_with('+')) {
    number.negative = word.front() == '-';
    word.remove_prefix(1);
  }
  unsigned radix = 10;
  if (word.starts_with("0x") || word.starts_with("0X"))
    radix = 16;
  else if (word.starts_with("0b") || word.starts_with("0B"))
    radix = 2;
  if (radix != 10) word.remove_prefix(2);
  number.hexadecimal = radix != 10;
  if (word.empty()) return std::nullopt;
  constexpr WideNumber kAll = ~WideNumber{0};
  for (const char character : word) {
    const auto digit = static_cast<unsigned>(digit_of(character));
    if (digit >= radix || number.size > (kAll - digit) / radix) return std::nullopt;
    number.size = number.size * radix + digit;
  }
  return number;
}

bool fits(const WrittenNumber& number, uint32_t bits, bool is_signed) {
  const WideNumber sign_bit = WideNumber{1} << (bits - 1);
  if (number.negative) return (is_signed && number.size <= sign_bit) || number.size == 0;
  if (is_signed && !number.hexadecimal) return number.size < sign_bit;
  return number.size <= (sign_bit - 1) + sign_bit;
}

WideNumber as_bits(const WrittenNumber& number) {
  return number.negative ? ~number.size + 1 : number.size;
}

}  // namespace weir::lab
