// SPDX-License-Identifier: Apache-2.0
#include "lab/libbpf_messages.h"

#include <array>
#include <cstdarg>
#include <cstdio>

namespace weir::lab {
namespace {

constexpr size_t kMostLines = 500;
constexpr std::string_view kPrefix = "libbpf: ";

LibbpfMessages* innermost = nullptr;

int print(libbpf_print_level level, const char* format, va_list arguments) noexcept {
  if (!innermost) return 0;
  std::array<char, 2048> text;
  vsnprintf(text.data(), text.size(), format, arguments);
  innermost->take(level, text.data());
  return 0;
}

constexpr std::string_view kRelocation = ": relo #";

}  // namespace

LibbpfMessages::LibbpfMessages(bool also_to_stderr)
    : also_to_stderr_(also_to_stderr), outer_(innermost), before_(libbpf_set_print(print)) {
  innermost = this;
}

LibbpfMessages::~LibbpfMessages() {
  innermost = outer_;
  libbpf_set_print(before_);
}

void LibbpfMessages::take(libbpf_print_level level, const char* text) noexcept {
  std::string_view line = text;
  if (also_to_stderr_ && level != LIBBPF_DEBUG) std::fputs(text, stderr);
  if (line.starts_with(kPrefix)) line.remove_prefix(kPrefix.size());
  while (line.ends_with('\n')) line.remove_suffix(1);
  if (level == LIBBPF_DEBUG) {
    // Of debugging only a CO-RE relocation that failed is of use, and the line before that says which it was.
    if (line.find(kRelocation) == std::string_view::npos) return;
    if (line.find("no matching") == std::string_view::npos) {
      if (line.find(": <") != std::string_view::npos) last_relocation_ = line;
      return;
    }
    line = last_relocation_;
  } else if (level != LIBBPF_WARN) {
    return;
  }
  if (lines_.size() >= kMostLines)
    ++lost_;
  else
    lines_.emplace_back(line);
}

std::string_view LibbpfMessages::with(std::string_view part) const {
  for (const std::string& line : lines_)
    if (line.find(part) != std::string::npos) return line;
  return {};
}

}  // namespace weir::lab
