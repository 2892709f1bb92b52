// SPDX-License-Identifier: Apache-2.0
#include "filter/ebpf_writer.h"

#include <gtest/gtest.h>

#include "bytecode/instruction_text.h"
#include "filter/ebpf_filter.h"

namespace weir::filter {
namespace {

using bytecode::program_text;

TEST(EbpfWriter, prints_each_kind_of_instruction_as_the_kernel_does) {
  EbpfWriter writer;
  writer.move(R0, -1);
  writer.move(R6, R1);
  writer.emit(BPF_ALU | BPF_ADD | BPF_K, R8, R0, 0, 7);
  writer.emit(BPF_ALU | BPF_RSH | BPF_X, R8, R9, 0, 0);
  writer.emit(BPF_ALU | BPF_NEG, R8, R0, 0, 0);
  writer.to_host_order(R8, 16);
  writer.load(BPF_H, R8, R7, 12);
  writer.load(BPF_B, R8, R10, -96);
  writer.store(BPF_W, R10, -64, R8);
  writer.emit(BPF_ST | BPF_MEM | BPF_DW, R10, R0, -72, 5);
  const auto label = writer.labels();
  writer.jump_if(BPF_JMP32 | BPF_JNE | BPF_K, R8, 0x800, label);
  writer.jump_if(BPF_JMP | BPF_JGT | BPF_X, R1, R4, 0, label);
  writer.jump(label);
  writer.place(label);
  writer.call(BPF_FUNC_skb_load_bytes);
  writer.exit();
  EXPECT_EQ(program_text(writer.take()),
            "   0: (b7) r0 = -1\n"
            "   1: (bf) r6 = r1\n"
            "   2: (04) w8 += 7\n"
            "   3: (7c) w8 >>= w9\n"
            "   4: (84) w8 = -w8\n"
            "   5: (dc) r8 = be16 r8\n"
            "   6: (69) r8 = *(u16 *)(r7 +12)\n"
            "   7: (71) r8 = *(u8 *)(r10 -96)\n"
            "   8: (63) *(u32 *)(r10 -64) = r8\n"
            "   9: (7a) *(u64 *)(r10 -72) = 5\n"
            "  10: (56) if w8 != 0x800 goto pc+2\n"
            "  11: (2d) if r1 > r4 goto pc+1\n"
            "  12: (05) goto pc+0\n"
            "  13: (85) call bpf_skb_load_bytes#26\n"
            "  14: (95) exit\n");
}

TEST(EbpfWriter, counts_a_map_as_the_two_instructions_that_it_takes) {
  EXPECT_EQ(program_text(accept_by_tail_call(Hook::xdp, 7, 3)),
            "   0: (bf) r1 = r6\n"
            "   1: (18) r2 = map[fd:7]\n"
            "   3: (b7) r3 = 3\n"
            "   4: (85) call bpf_tail_call#12\n"
            "   5: (b7) r0 = 2\n"
            "   6: (95) exit\n");
}

TEST(EbpfWriter, prints_loads_of_socket_filters_as_the_kernel_does) {
  EbpfWriter writer;
  writer.emit(BPF_LD | BPF_ABS | BPF_H, R0, R0, 0, 12);
  writer.emit(BPF_LD | BPF_IND | BPF_B, R0, R2, 0, 3);
  EXPECT_EQ(program_text(writer.take()),
            "   0: (28) r0 = *(u16 *)skb[12]\n"
            "   1: (50) r0 = *(u8 *)skb[r2 + 3]\n");
}

TEST(EbpfWriter, says_of_a_code_that_is_none_that_it_is_none) {
  bpf_insn strange[3] = {};
  strange[0].code = BPF_LD | BPF_MSH;
  strange[1].code = BPF_ALU | 0xf0;
  strange[2].code = BPF_JMP | 0xf0;
  EXPECT_EQ(program_text(strange), "   0: (a0) BUG_ld_a0\n   1: (f4) BUG_alu_f4\n   2: (f5) BUG_jmp_f5\n");
}

}  // namespace
}  // namespace weir::filter
