// SPDX-License-Identifier: Apache-2.0
// A program's instructions and machine code, with the functions and source lines that they belong to: of a
// loaded program from the kernel, of an object file from libbpf.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/line_table.h"

namespace weir::lab {

struct CodeFunction {
  std::string name;      // empty where BTF does not tell
  uint32_t first = 0;    // instruction
  uint64_t address = 0;  // of its machine code; 0: not told
  uint32_t machine_bytes = 0;
};

struct MachineLine {
  uint64_t address = 0;
  uint32_t line = 0;  // index in `lines.lines()`
};

struct ProgramCode {
  std::string name;
  std::string type;
  std::vector<bpf_insn> instructions;
  std::vector<uint8_t>
      machine;  // of all functions, one behind the other; empty: not asked, or not to be seen
  std::vector<CodeFunction> functions;
  LineTable lines;
  std::vector<MachineLine> machine_lines;     // by address
  std::map<uint32_t, std::string> map_names;  // by what instructions name maps with: ids, or indices
  bool from_kernel = false;                   // calls are addresses, maps are ids
};

/// Needs CAP_BPF: `permission` where the kernel shows no code.
base::Result<ProgramCode> code_of_program(int program_fd);

/// Every program of an object file, adapted to nothing: as compiled, with the functions that it calls behind
/// it. Nothing is loaded. Fails with bad_input and libbpf's reason.
base::Result<std::vector<ProgramCode>> code_of_object(const std::string& path);

}  // namespace weir::lab
