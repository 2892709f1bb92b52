// SPDX-License-Identifier: Apache-2.0
// An object file's functions, which of them call which, and its licence. The file may be anyone's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::lab {

/// Instructions of one function in one section of an object file.
struct ObjectFunction {
  std::string name;
  std::string section;
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

  struct Call {
    std::string section;
    uint32_t instruction = 0;  // in its section
    std::string target_section;
    uint32_t target = 0;
  };
  std::vector<Call> calls;  // from one function to another, and addresses taken of functions

  /// The program `name` of this section and all that it calls.
  std::vector<PlacedFunction> placed(const std::string& section, const std::string& name) const;
};

/// Fails with bad_input where it is no object file for BPF.
base::Result<ObjectContents> read_object(std::span<const std::byte> object);

}  // namespace weir::lab
