// SPDX-License-Identifier: Apache-2.0
// What libbpf said while an object was loaded, kept for a message of our own.
#pragma once

#include <string>

namespace weir::kernel {

/// While it lives, libbpf's messages go here (one at a time; not for several threads).
class LoadLog {
 public:
  explicit LoadLog(bool also_to_stderr);
  ~LoadLog();
  LoadLog(const LoadLog&) = delete;
  LoadLog& operator=(const LoadLog&) = delete;

  /// The program that the verifier refused; empty where none was named.
  std::string refused_program() const;
  /// The verifier's last word before its statistics, as " (…)"; empty where there was none.
  std::string last_line_in_brackets() const;

  void append(const char* text) noexcept;

 private:
  std::string text_;
  bool also_to_stderr_;
  LoadLog* previous_;
};

/// Silences libbpf outside a LoadLog. Called once at start.
void silence_libbpf();

}  // namespace weir::kernel
