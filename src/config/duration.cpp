// SPDX-License-Identifier: Apache-2.0
#include "config/duration.h"

#include <array>
#include <charconv>

namespace weir::config {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr std::array kUnits = {Unit{"ns", 1},   Unit{"us", 1e3},   Unit{"ms", 1e6},   Unit{"s", 1e9},
                               Unit{"m", 60e9}, Unit{"min", 60e9}, Unit{"h", 3600e9}, Unit{"d", 86400e9}};
constexpr double kLongest = 10 * 365.25 * 86400e9;

}  // namespace

base::Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const std::string quoted = "'" + std::string(text) + "'";
  double number = 0;
  const auto [rest, problem] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (problem != std::errc{})
    return base::fail(base::ErrorKind::bad_input,
                      quoted + " is no duration; write it like 10s, 500ms, 2m or 1h");
  if (number <= 0)
    return base::fail(base::ErrorKind::bad_input,
                      quoted + " is no time to wait; write one longer than 0, like 10s, 500ms, 2m or 1h");
  const std::string_view unit_name(rest, static_cast<size_t>(text.data() + text.size() - rest));
  if (unit_name.empty())
    return base::fail(base::ErrorKind::bad_input, quoted + " has no unit; write " + std::string(text) +
                                                      "s for seconds, or " + std::string(kDurationUnits));
  for (const Unit& unit : kUnits) {
    if (unit.name != unit_name) continue;
    const double nanoseconds = number * unit.nanoseconds;
    if (!(nanoseconds >= 1) || nanoseconds > kLongest)
      return base::fail(base::ErrorKind::bad_input, quoted + " is out of range; 1ns to 3652d are allowed");
    return std::chrono::nanoseconds(static_cast<int64_t>(nanoseconds + 0.5));
  }
  return base::fail(base::ErrorKind::bad_input,
                    quoted + " has an unknown unit; write " + std::string(kDurationUnits));
}

}  // namespace weir::config
