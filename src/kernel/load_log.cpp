// SPDX-License-Identifier: Apache-2.0
#include "kernel/load_log.h"

#include <bpf/libbpf.h>

#include <cstdio>
#include <string_view>
#include <vector>

namespace weir::kernel {
namespace {

constexpr size_t kKeptBytes = 256 * 1024;

LoadLog* current = nullptr;

int take(libbpf_print_level level, const char* format, va_list arguments) noexcept {
  if (!current || level == LIBBPF_DEBUG) return 0;
  std::vector<char> line(65536);
  vsnprintf(line.data(), line.size(), format, arguments);
  current->append(line.data());
  return 0;
}

}  // namespace

void silence_libbpf() {
  libbpf_set_print(take);
}

LoadLog::LoadLog(bool also_to_stderr) : also_to_stderr_(also_to_stderr), previous_(current) {
  silence_libbpf();
  current = this;
}

LoadLog::~LoadLog() {
  current = previous_;
}

void LoadLog::append(const char* text) noexcept {
  if (also_to_stderr_) std::fputs(text, stderr);
  if (text_.size() < kKeptBytes) text_ += text;
}

std::string LoadLog::refused_program() const {
  constexpr std::string_view kEnd = "': failed to load";
  constexpr std::string_view kBegin = "prog '";
  const size_t end = text_.rfind(kEnd);
  if (end == std::string::npos) return {};
  const size_t begin = text_.rfind(kBegin, end);
  if (begin == std::string::npos) return {};
  return text_.substr(begin + kBegin.size(), end - begin - kBegin.size());
}

std::string LoadLog::last_line_in_brackets() const {
  size_t end = text_.find("\nprocessed ");
  if (end == std::string::npos || end == 0) return {};
  const size_t begin = text_.rfind('\n', end - 1);
  return " (" + text_.substr(begin == std::string::npos ? 0 : begin + 1, end - begin - 1) + ")";
}

}  // namespace weir::kernel
