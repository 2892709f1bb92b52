// SPDX-License-Identifier: Apache-2.0
// What programs may be made of on the running kernel: types of programs and maps, helpers, kernel functions.
// Asked by loading programs of two instructions and making maps of one entry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::lab {

struct ProgramTypeFeature {
  uint32_t type = 0;
  std::string name;                  // "xdp"
  std::string_view since;            // the Linux version that brought it, "4.8"
  std::optional<bool> available;     // nothing: it could not be asked
  std::vector<std::string> helpers;  // "bpf_map_lookup_elem"; empty also where they cannot be asked (tracing)
  bool helpers_known = false;
};

struct MapTypeFeature {
  std::string name;
  std::string_view since;
  std::optional<bool> available;
};

/// All, or the one of that name; bad_input where there is none. Helpers take some 5 ms a type. Needs CAP_BPF
/// and what the types need; `permission` where nothing may be asked.
base::Result<std::vector<ProgramTypeFeature>> probe_program_types(std::string_view only);
base::Result<std::vector<MapTypeFeature>> probe_map_types();

/// The Linux version that brought the helper of this number; empty for unknown ones.
std::string_view helper_since(uint32_t helper);
std::string_view helper_since(std::string_view name);

/// Kernel functions that programs may call, by the tag bpf_kfunc of the kernel's BTF (Linux 6.9 and later
/// have it); sorted.
std::vector<std::string> kernel_functions();

}  // namespace weir::lab
