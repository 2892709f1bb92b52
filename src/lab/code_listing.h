// SPDX-License-Identifier: Apache-2.0
// A program's instructions and machine code as lines of text, with names for what they point at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/program_code.h"

namespace weir::lab {

struct ListedInstruction {
  uint32_t index = 0;
  std::string text;  // as bpftool writes it: "(18) r1 = map[id:7]"
  std::string map;   // the name of the map that it loads; empty: none
};
std::vector<ListedInstruction> list_instructions(const ProgramCode& code);

struct MachineInstruction {
  uint64_t address = 0;
  std::string bytes;   // hex
  std::string text;    // "mov rax, rdi"
  std::string callee;  // the kernel's name for what it calls or jumps to; empty: none
};
/// Of one of `code.functions`. `unsupported` where no disassembler for this machine is there.
base::Result<std::vector<MachineInstruction>> list_machine_code(const ProgramCode& code, size_t function);

}  // namespace weir::lab
