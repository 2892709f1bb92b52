// SPDX-License-Identifier: Apache-2.0
#include "bytecode/instruction_text.h"

#include <gtest/gtest.h>

namespace weir::bytecode {
namespace {

std::string text(uint8_t code, uint8_t to, uint8_t from, int16_t offset, int32_t constant) {
  const bpf_insn at{code, to, from, offset, constant};
  return instruction_text(at, at);
}

TEST(InstructionText, prints_atomic_operations_as_the_kernel_does) {
  EXPECT_EQ(text(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 8, BPF_ADD), "(db) lock *(u64 *)(r1 +8) += r2");
  EXPECT_EQ(text(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, -4, BPF_OR), "(c3) lock *(u32 *)(r1 -4) |= r2");
  EXPECT_EQ(text(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_ADD | BPF_FETCH),
            "(db) r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)");
  EXPECT_EQ(text(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 0, BPF_XCHG),
            "(c3) r2 = atomic_xchg((u32 *)(r1 +0), r2)");
  EXPECT_EQ(text(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_CMPXCHG),
            "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)");
  EXPECT_EQ(text(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 4, 0x110), "(c3) store_release((u32 *)(r1 +4), r2)");
}

TEST(InstructionText, prints_what_newer_instruction_sets_added) {
  EXPECT_EQ(text(BPF_ALU64 | BPF_MOV | BPF_X, 1, 2, 8, 0), "(bf) r1 = (s8)r2");
  EXPECT_EQ(text(BPF_ALU | BPF_MOV | BPF_X, 1, 2, 16, 0), "(bc) w1 = (s16)w2");
  EXPECT_EQ(text(BPF_ALU64 | BPF_DIV | BPF_X, 1, 2, 1, 0), "(3f) r1 s/= r2");
  EXPECT_EQ(text(BPF_ALU64 | BPF_MOD | BPF_K, 1, 0, 1, 7), "(97) r1 s%= 7");
  EXPECT_EQ(text(BPF_LDX | 0x80 | BPF_W, 1, 2, 4, 0), "(81) r1 = *(s32 *)(r2 +4)");
  EXPECT_EQ(text(BPF_ALU64 | BPF_END, 1, 0, 0, 32), "(d7) r1 = bswap32 r1");
  EXPECT_EQ(text(BPF_JMP32 | BPF_JA, 0, 0, 0, -70000), "(06) gotol pc-70000");
  EXPECT_EQ(text(BPF_JMP | 0xe0, 0, 0, 3, 0), "(e5) may_goto pc+3");
}

TEST(InstructionText, names_every_helper) {
  EXPECT_EQ(text(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem), "(85) call bpf_map_lookup_elem#1");
  EXPECT_STREQ(helper_name(BPF_FUNC_ringbuf_output), "bpf_ringbuf_output");
  EXPECT_STREQ(helper_name(0), "unknown");
  EXPECT_STREQ(helper_name(-5), "unknown");
  EXPECT_STREQ(helper_name(99'999), "unknown");
}

TEST(InstructionText, takes_names_from_who_knows_them) {
  InstructionNames names;
  names.constant = [](const bpf_insn& at, const bpf_insn& upper) {
    return at.src_reg == BPF_PSEUDO_MAP_VALUE
               ? "map[id:" + std::to_string(at.imm) + "][0]+" + std::to_string(upper.imm)
               : std::string();
  };
  names.callee = [](const bpf_insn& at) {
    return at.src_reg == BPF_PSEUDO_CALL ? std::string("+4#count") : "";
  };
  const bpf_insn value{BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_VALUE, 0, 7}, offset{0, 0, 0, 0, 16};
  EXPECT_EQ(instruction_text(value, offset, names), "(18) r1 = map[id:7][0]+16");
  const bpf_insn plain{BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, -1};
  EXPECT_EQ(instruction_text(plain, offset, names), "(18) r1 = 0x10ffffffff");
  const bpf_insn call{BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 4, 1};
  EXPECT_EQ(instruction_text(call, call, names), "(85) call pc+4#count");
  EXPECT_EQ(instruction_text(call, call), "(85) call pc+4");
  const bpf_insn helper{BPF_JMP | BPF_CALL, 0, 0, 0, 1};
  EXPECT_EQ(instruction_text(helper, helper, names), "(85) call bpf_map_lookup_elem#1");
}

TEST(InstructionText, prints_any_bytes_as_something) {
  for (int code = 0; code < 256; ++code)
    for (const int32_t constant : {0, 1, -1, 0x7fffffff})
      EXPECT_TRUE(text(static_cast<uint8_t>(code), 15, 15, -1, constant).starts_with("(")) << code;
}

TEST(InstructionText, a_wide_load_without_its_second_half_is_none) {
  const bpf_insn cut{BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 5};
  EXPECT_EQ(program_text({&cut, 1}), "   0: (18) BUG_ld_18\n");
}

}  // namespace
}  // namespace weir::bytecode
