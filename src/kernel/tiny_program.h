// SPDX-License-Identifier: Apache-2.0
// Programs of a few raw instructions, to ask the kernel what it takes; they do nothing when they run.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

// Instructions, as in Documentation/bpf/standardization/instruction-set.rst.
constexpr bpf_insn move_constant(uint8_t to, int32_t value) {
  return {BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value};
}
constexpr bpf_insn load_word64(uint8_t to, uint8_t from, int16_t offset) {
  return {BPF_LDX | BPF_MEM | BPF_DW, to, from, offset, 0};
}
constexpr bpf_insn skip_if_zero(uint8_t reg, int16_t instructions) {
  return {BPF_JMP | BPF_JEQ | BPF_K, reg, 0, instructions, 0};
}
constexpr bpf_insn call_helper(int32_t id) {
  return {BPF_JMP | BPF_CALL, 0, 0, 0, id};
}
constexpr bpf_insn call_kernel_function(int32_t type_id) {
  return {BPF_JMP | BPF_CALL, 0, 2 /* BPF_PSEUDO_KFUNC_CALL */, 0, type_id};
}
/// The first of two: `second_half()` follows.
constexpr bpf_insn load_map(uint8_t to, int map_fd) {
  return {BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, map_fd};
}
constexpr bpf_insn second_half() {
  return {0, 0, 0, 0, 0};
}
constexpr bpf_insn leave() {
  return {BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
}

struct TinyProgram {
  bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
  uint32_t expected_attach_type = 0;
  uint32_t attach_btf_id = 0;      // tp_btf, fentry, iterators, LSM: a type of the kernel's BTF
  std::span<const bpf_insn> body;  // must set r0 and end in exit; empty: returns `verdict`
  int32_t verdict = 0;
  const char* name = "weir_probe";
};

/// The loaded program, or the kernel's refusal: `Error::message` is the last line of the verifier's log where
/// it wrote one.
base::Result<base::UniqueFd> load_tiny_program(const TinyProgram& program);

}  // namespace weir::kernel
