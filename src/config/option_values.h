// SPDX-License-Identifier: Apache-2.0
// Words of options -> their values. Every refusal names the option and says what is allowed; kind bad_input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/duration.h"
#include "config/flows_options.h"
#include "config/nearest_word.h"

namespace weir::config {

/// Fails: "--hook word: unknown; did you mean 'tc'? (cgroup, tc)".
base::Error unknown_choice(const std::string& word, const char* option,
                           const std::vector<std::string_view>& names);

/// An empty word leaves `to` as it is; so do all that follow here.
template <class Value>
base::Result<> choose(const std::string& word, const char* option,
                      std::vector<std::pair<std::string_view, Value>> choices, Value& to) {
  if (word.empty()) return {};
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (name == word) {
      to = value;
      return {};
    }
    names.push_back(name);
  }
  return tl::unexpected<base::Error>(unknown_choice(word, option, names));
}

template <class Duration>
base::Result<> read_duration(const std::string& word, const char* option, Duration& to) {
  if (word.empty()) return {};
  auto duration = parse_duration(word);
  if (!duration) return base::fail_within(std::move(duration.error()), option);
  to = *duration;
  return {};
}

/// A whole number from `least` to `most`.
base::Result<uint64_t> whole_number(const std::string& word, const char* option, uint64_t least,
                                    uint64_t most);

template <class Number>
base::Result<> read_number(const std::string& word, const char* option, uint64_t most, Number& to) {
  if (word.empty()) return {};
  const auto number = whole_number(word, option, 1, most);
  if (!number) return tl::unexpected<base::Error>(number.error());
  to = static_cast<Number>(*number);
  return {};
}

/// Numbers that a name may be; without them it is any word.
struct NumberRange {
  uint64_t least;
  uint64_t most;
};
inline constexpr NumberRange kPids{1, 4'194'304};  // PID_MAX_LIMIT, include/linux/threads.h
inline constexpr NumberRange kUids{0, UINT32_MAX - 1};

/// Comma lists of an owner filter, a leading ! excludes.
base::Result<> read_names(const std::vector<std::string>& lists, const char* option,
                          const std::optional<NumberRange>& numbers, NameFilter& to);

/// tcpdump's -C: millions of bytes, or with K, M or G the powers of 1024 as newer tcpdumps read them.
base::Result<> read_file_size(const std::string& word, const char* option, uint64_t& to);

}  // namespace weir::config
