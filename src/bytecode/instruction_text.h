// SPDX-License-Identifier: Apache-2.0
// eBPF instructions as the kernel and bpftool print them.
#pragma once

#include <linux/bpf.h>

#include <functional>
#include <span>
#include <string>

namespace weir::bytecode {

/// What the caller knows of things that instructions name by numbers. Each may be absent, and may return an
/// empty string for what it does not know.
struct InstructionNames {
  /// Of a load of 64 bits that stands for a map, a map's value or a function: "map[id:7]". `upper` is its
  /// second half.
  std::function<std::string(const bpf_insn& at, const bpf_insn& upper)> constant;
  /// Of what is called, a helper or kernel function ("bpf_map_lookup_elem") or a function of the program.
  std::function<std::string(const bpf_insn& at)> callee;
};

/// A load of a 64-bit constant takes two instructions.
bool is_wide(const bpf_insn& at);

/// "(79) r1 = *(u64 *)(r10 -96)". `upper` is the second half of a wide one, else unused. Codes that are none
/// stand as such.
std::string instruction_text(const bpf_insn& at, const bpf_insn& upper, const InstructionNames& names = {});

/// One line an instruction, `   3: (79) r1 = *(u64 *)(r10 -96)`, as `bpftool prog dump xlated` writes them; a
/// map stands as `map[fd:7]` where `names` knows none better.
std::string program_text(std::span<const bpf_insn> program, const InstructionNames& names = {});

/// "bpf_map_lookup_elem"; "unknown" for a number that no helper has.
const char* helper_name(int32_t helper);

}  // namespace weir::bytecode
