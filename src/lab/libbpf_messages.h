// SPDX-License-Identifier: Apache-2.0
// What libbpf says while it works, kept line by line for messages of our own.
#pragma once

#include <bpf/libbpf.h>

#include <string>
#include <string_view>
#include <vector>

namespace weir::lab {

/// While it lives, libbpf's messages come here (the innermost one's; not for several threads).
class LibbpfMessages {
 public:
  explicit LibbpfMessages(bool also_to_stderr = false);
  ~LibbpfMessages();
  LibbpfMessages(const LibbpfMessages&) = delete;
  LibbpfMessages& operator=(const LibbpfMessages&) = delete;

  /// Warnings, and what became of CO-RE relocations that failed; without "libbpf: " and line ends.
  const std::vector<std::string>& lines() const { return lines_; }
  /// The first line that has `part`; empty where none has.
  std::string_view with(std::string_view part) const;
  /// Lines beyond the most that are kept.
  size_t lost() const { return lost_; }

  void take(libbpf_print_level level, const char* text) noexcept;

 private:
  std::vector<std::string> lines_;
  std::string last_relocation_;  // what the line of debugging before told of
  size_t lost_ = 0;
  bool also_to_stderr_;
  LibbpfMessages* outer_;
  libbpf_print_fn_t before_;
};

}  // namespace weir::lab
