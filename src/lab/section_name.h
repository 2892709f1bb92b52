// SPDX-License-Identifier: Apache-2.0
// The name in SEC("…"): what was meant by one that no program type has. Knows nothing of the kernel that
// runs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::lab {

/// A section that kernels have and the installed libbpf does not know: its numbers in
/// include/uapi/linux/bpf.h.
struct NewerSection {
  std::string_view name;
  uint32_t program_type = 0;
  uint32_t attach_type = 0;
  std::string_view since;  // Linux
};
std::optional<NewerSection> newer_section(std::string_view section);

/// What libbpf and Weir take; those that end in '/' want a target behind it.
std::span<const std::string_view> known_sections();

/// A sentence on a section that no program type has: what it may have been meant to be.
std::string section_advice(std::string_view section);

}  // namespace weir::lab
