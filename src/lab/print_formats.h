// SPDX-License-Identifier: Apache-2.0
// Which messages a program can have written: the formats of its bpf_printk lie in its read-only data. The
// kernel does not say who wrote a line.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::lab {

class PrintFormats {
 public:
  /// Every text in these bytes that a NUL ends.
  static PrintFormats in(std::span<const std::byte> data);
  /// Of the program's maps named .rodata. bad_input where it has none.
  static base::Result<PrintFormats> of_program(int program_fd);

  void add(const PrintFormats& other) {
    formats_.insert(formats_.end(), other.formats_.begin(), other.formats_.end());
  }
  /// Whether one of them can have made the message.
  bool can_make(std::string_view message) const;
  bool empty() const { return formats_.empty(); }

 private:
  std::vector<std::vector<std::string>> formats_;  // what stands between the conversions
};

}  // namespace weir::lab
