// SPDX-License-Identifier: Apache-2.0
#include "filter/classic_scanner.h"

#include <charconv>

namespace weir::filter {
namespace {

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool begins_word(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '%';
}
bool stands_in_word(char byte) {
  return begins_word(byte) || is_digit(byte);
}

/// 0x.., 0b.., 0.. (octal) or decimal.
bool parse_number(std::string_view text, uint32_t& value) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16, text.remove_prefix(2);
  } else if (text.size() > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B')) {
    base = 2, text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8, text.remove_prefix(1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

/// 128.3.112: the parts from the highest byte on.
bool parse_address(std::string_view text, uint32_t& value) {
  value = 0;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    uint32_t byte = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), byte);
    if (part.empty() || error != std::errc() || end != part.data() + part.size() || byte > 255) return false;
    value |= byte << shift;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
  return false;
}

class Scanner {
 public:
  explicit Scanner(std::string_view source) : source_(source) {}

  base::Result<std::vector<ClassicToken>> run() {
    while (at_ < source_.size()) {
      const char byte = source_[at_];
      if (byte == '\n') {
        end_line();
      } else if (byte == ' ' || byte == '\t' || byte == '\r') {
        ++at_;
      } else if (byte == ';') {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (source_.substr(at_, 2) == "/*") {
        if (!skip_comment())
          return tl::unexpected<base::Error>(
              classic_error(token(ClassicTokenKind::sign, 2), "has no end */"));
      } else if (begins_word(byte)) {
        add(ClassicTokenKind::word, stands_in_word);
      } else if (is_digit(byte)) {
        ClassicToken& number =
            add(ClassicTokenKind::number, [](char c) { return stands_in_word(c) || c == '.'; });
        const bool address = number.text.find('.') != std::string_view::npos;
        if (address ? !parse_address(number.text, number.value) : !parse_number(number.text, number.value))
          return tl::unexpected<base::Error>(
              classic_error(number, address ? "is no address" : "is no number of 32 bits"));
      } else if (std::string_view("#[](),:+-*&").find(byte) != std::string_view::npos) {
        tokens_.push_back(token(ClassicTokenKind::sign, 1));
        ++at_;
      } else {
        return tl::unexpected<base::Error>(
            classic_error(token(ClassicTokenKind::sign, 1), "is no part of a program"));
      }
    }
    end_line();
    return std::move(tokens_);
  }

 private:
  ClassicToken token(ClassicTokenKind kind, size_t length) const {
    return {kind, source_.substr(at_, length), 0, line_, static_cast<uint32_t>(at_ - line_start_ + 1)};
  }

  template <class Belongs>
  ClassicToken& add(ClassicTokenKind kind, Belongs belongs) {
    size_t end = at_ + 1;
    while (end < source_.size() && belongs(source_[end])) ++end;
    tokens_.push_back(token(kind, end - at_));
    at_ = end;
    return tokens_.back();
  }

  void end_line() {
    tokens_.push_back(token(ClassicTokenKind::end_of_line, 0));
    line_start_ = ++at_;
    ++line_;
  }

  bool skip_comment() {
    const size_t end = source_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return false;
    while (at_ < end) {
      if (source_[at_] == '\n') {
        end_line();
      } else {
        ++at_;
      }
    }
    at_ = end + 2;
    return true;
  }

  std::string_view source_;
  size_t at_ = 0, line_start_ = 0;
  uint32_t line_ = 1;
  std::vector<ClassicToken> tokens_;
};

}  // namespace

base::Error classic_error(const ClassicToken& at, const std::string& what) {
  std::string message = std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  for (const char byte : at.text) message += byte >= ' ' && byte < 0x7f ? byte : '?';
  if (!at.text.empty()) message.insert(message.size() - at.text.size(), "'");
  message += at.text.empty() ? "" : "' ";
  return {base::ErrorKind::bad_input, 0, message + what};
}

base::Result<std::vector<ClassicToken>> scan_classic(std::string_view source) {
  return Scanner(source).run();
}

}  // namespace weir::filter
