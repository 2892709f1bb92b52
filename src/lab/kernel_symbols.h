// SPDX-License-Identifier: Apache-2.0
// Names of addresses in the kernel, from /proc/kallsyms; only those that are asked for are kept.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::lab {

class KernelSymbols {
 public:
  /// What begins at exactly these addresses. Without CAP_SYSLOG the kernel shows none: nothing is found.
  static KernelSymbols at(std::span<const uint64_t> addresses);

  /// Empty where nothing is known.
  std::string_view name(uint64_t address) const;

 private:
  std::unordered_map<uint64_t, std::string> names_;
};

/// 0 where the kernel does not tell.
uint64_t kernel_address(std::string_view symbol);

}  // namespace weir::lab
