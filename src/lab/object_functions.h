// SPDX-License-Identifier: Apache-2.0
// An object file's functions, which of them call which, and its licence. The file may be anyone's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weir::lab {

/// Instructions of one function in one section of an object file.
struct ObjectFunction {
  std::string name;
  std::string section;
  uint32_t section_number = 0;
  uint32_t first = 0;  // instruction in the section
  uint32_t count = 0;
};

/// A function as a program has it, whose callees libbpf puts behind it, each once, in the order in which a
/// walk through the instructions meets them (libbpf.c bpf_object__reloc_code).
struct PlacedFunction {
  ObjectFunction function;
  uint32_t at = 0;  // its first instruction in the whole program
};

struct ObjectContents {
  std::string license;     // of the section "license"; empty: there is none
  bool has_types = false;  // BTF
  std::vector<ObjectFunction> functions;

  /// (section, instruction) -> (section, instruction): calls from one function to another, and addresses
  /// taken of functions. At most kMostCalls.
  using Place = std::pair<uint32_t, uint32_t>;
  static constexpr size_t kMostCalls = size_t{1} << 20;
  std::map<Place, Place> calls;

  /// The program `name` of this section and all that it calls.
  std::vector<PlacedFunction> placed(const std::string& section, const std::string& name) const;
};

/// Fails with bad_input where it is no object file for BPF.
base::Result<ObjectContents> read_object(std::span<const std::byte> object);

/// What a section holds, a view into `object`; empty where there is none of this name.
std::span<const std::byte> object_section(std::span<const std::byte> object, std::string_view name);

}  // namespace weir::lab
