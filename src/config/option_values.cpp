// SPDX-License-Identifier: Apache-2.0
#include "config/option_values.h"

#include <algorithm>
#include <charconv>

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

/// The whole of `word`; empty: no number, or too large for 64 bits.
std::optional<uint64_t> digits_of(std::string_view word) {
  uint64_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

/// As the kernel's numbers are written: "007" names process 7.
std::optional<std::string> plain_number(const std::string& word, const NumberRange& range) {
  const auto number = digits_of(word);
  if (!number || *number < range.least || *number > range.most) return std::nullopt;
  return std::to_string(*number);
}

}  // namespace

base::Error unknown_choice(const std::string& word, const char* option,
                           const std::vector<std::string_view>& names) {
  std::string list;
  for (const std::string_view name : names) list.append(list.empty() ? "" : ", ").append(name);
  return {ErrorKind::bad_input, 0,
          std::string(option) + " " + word + ": unknown" + did_you_mean(word, names) + " (" + list + ")"};
}

Result<uint64_t> whole_number(const std::string& word, const char* option, uint64_t least, uint64_t most) {
  const auto number = digits_of(word);
  if (!number || *number < least || *number > most)
    return base::fail(ErrorKind::bad_input, std::string(option) + " " + word + ": a whole number from " +
                                                std::to_string(least) + " to " + std::to_string(most) +
                                                " is needed");
  return *number;
}

Result<> read_names(const std::vector<std::string>& lists, const char* option,
                    const std::optional<NumberRange>& numbers, NameFilter& to) {
  for (const std::string& list : lists) {
    for (size_t begin = 0; begin <= list.size();) {
      const size_t end = std::min(list.find(',', begin), list.size());
      std::string name = list.substr(begin, end - begin);
      begin = end + 1;
      const bool excludes = name.starts_with('!');
      if (excludes) name.erase(0, 1);
      if (name.empty())
        return base::fail(ErrorKind::bad_input,
                          std::string(option) + " " + list + ": an empty name in the list");
      if (numbers) {
        const auto number = plain_number(name, *numbers);
        if (!number)
          return base::fail(ErrorKind::bad_input,
                            std::string(option) + " " + list + ": '" + name + "' is no number from " +
                                std::to_string(numbers->least) + " to " + std::to_string(numbers->most));
        name = *number;
      }
      (excludes ? to.excluded : to.names).push_back(std::move(name));
    }
  }
  return {};
}

Result<> read_file_size(const std::string& word, const char* option, uint64_t& to) {
  if (word.empty()) return {};
  std::string_view digits = word;
  uint64_t unit_bytes = 1'000'000;
  switch (digits.back()) {
    case 'k':
    case 'K':
      unit_bytes = uint64_t{1} << 10;
      break;
    case 'm':
    case 'M':
      unit_bytes = uint64_t{1} << 20;
      break;
    case 'g':
    case 'G':
      unit_bytes = uint64_t{1} << 30;
      break;
    default:
      break;
  }
  if (unit_bytes != 1'000'000) digits.remove_suffix(1);
  const auto number = digits_of(digits);
  if (!number || *number == 0 || *number > INT64_MAX / unit_bytes)
    return base::fail(ErrorKind::bad_input,
                      std::string(option) + " " + word +
                          ": a file size is a number of millions of bytes, or one with K, M or G behind it");
  to = *number * unit_bytes;
  return {};
}

}  // namespace weir::config
