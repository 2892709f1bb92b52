// SPDX-License-Identifier: Apache-2.0
#include "lab/trace_line.h"

#include <charconv>
#include <optional>

namespace weir::lab {
namespace {

constexpr std::string_view kMark = ": bpf_trace_printk: ";

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// Takes the last word off.
std::string_view last_word(std::string_view& text) {
  text = without_blanks(text);
  const size_t blank = text.rfind(' ');
  const std::string_view word = blank == std::string_view::npos ? text : text.substr(blank + 1);
  text.remove_suffix(word.size());
  return word;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "1234.567890"
std::optional<uint64_t> nanoseconds(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return number_in<uint64_t>(text);  // of a clock that counts
  const auto seconds = number_in<uint64_t>(text.substr(0, point));
  const auto fraction = number_in<uint64_t>(text.substr(point + 1));
  if (!seconds || !fraction || text.size() - point - 1 > 9) return std::nullopt;
  uint64_t unit = 1'000'000'000;
  for (size_t i = point + 1; i < text.size(); ++i) unit /= 10;
  return *seconds * 1'000'000'000 + *fraction * unit;
}

}  // namespace

bool parse_trace_line(std::string_view line, TraceLine& to) {
  const size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return false;
  std::string_view head = line.substr(0, mark);
  const auto time_ns = nanoseconds(last_word(head));
  std::string_view cpu = last_word(head);
  if (!cpu.starts_with('[')) cpu = last_word(head);  // flags were between: "d..31"
  if (!cpu.starts_with('[') || !cpu.ends_with(']')) return false;
  const auto cpu_number = number_in<uint32_t>(cpu.substr(1, cpu.size() - 2));
  head = without_blanks(head);
  if (head.ends_with(')')) head = without_blanks(head.substr(0, head.rfind('(')));  // the option record-tgid
  const size_t dash = head.rfind('-');
  if (dash == std::string_view::npos || !time_ns || !cpu_number) return false;
  const auto pid = number_in<uint32_t>(head.substr(dash + 1));
  if (!pid) return false;
  to.task = head.substr(0, dash);
  to.pid = *pid;
  to.cpu = *cpu_number;
  to.time_ns = *time_ns;
  to.message = line.substr(mark + kMark.size());
  return true;
}

uint64_t lost_trace_events(std::string_view line) {
  constexpr std::string_view kLost = " [LOST ", kEvents = " EVENTS]";
  const size_t at = line.find(kLost);
  if (!line.starts_with("CPU:") || at == std::string_view::npos || !line.ends_with(kEvents)) return 0;
  return number_in<uint64_t>(line.substr(at + kLost.size(), line.size() - at - kLost.size() - kEvents.size()))
      .value_or(0);
}

}  // namespace weir::lab
