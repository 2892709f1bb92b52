// SPDX-License-Identifier: Apache-2.0
// One JSON object written key by key; what is absent is left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::lab {

class JsonRecord {
 public:
  /// Left out where `text` is empty.
  JsonRecord& text(std::string_view key, std::string_view text);
  JsonRecord& number(std::string_view key, uint64_t number);
  JsonRecord& signed_number(std::string_view key, int64_t number);
  /// Left out where it is 0.
  JsonRecord& some(std::string_view key, uint64_t number) {
    return number == 0 ? *this : this->number(key, number);
  }
  JsonRecord& truth(std::string_view key, bool truth);
  /// RFC 3339.
  JsonRecord& time(std::string_view key, int64_t unix_ns);
  /// `json` is JSON already.
  JsonRecord& raw(std::string_view key, std::string_view json);
  /// Of numbers or of what `write(element, to)` appends as JSON; left out where it is empty.
  template <class List, class Write>
  JsonRecord& list(std::string_view key, const List& elements, Write write) {
    std::string array;
    for (const auto& element : elements) {
      if (!array.empty()) array += ',';
      write(element, array);
    }
    return array.empty() ? *this : raw(key, '[' + array + ']');
  }
  JsonRecord& numbers(std::string_view key, const auto& elements) {
    return list(key, elements, [](uint64_t number, std::string& to) { to += std::to_string(number); });
  }

  /// "{...}"
  std::string object() const { return body_.empty() ? "{}" : body_ + '}'; }
  std::string line() const { return object() + '\n'; }

 private:
  void begin(std::string_view key);
  std::string body_;
};

}  // namespace weir::lab
