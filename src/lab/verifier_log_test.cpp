// SPDX-License-Identifier: Apache-2.0
#include "lab/verifier_log.h"

#include <gtest/gtest.h>

#include <string>

#include "lab/verifier_state.h"

namespace weir::lab {
namespace {

// Of Linux 6.18: a line's file and number, values behind each instruction.
constexpr std::string_view kLinux618 = R"(0: R1=ctx() R10=fp0
; __u32 k = skb->mark; @ ok.bpf.c:7
0: (61) r1 = *(u32 *)(r1 +8)          ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
1: (63) *(u32 *)(r10 -4) = r1         ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????
2: (bf) r2 = r10                      ; R2=fp0 R10=fp0
;  @ ok.bpf.c:0
3: (07) r2 += -4                      ; R2=fp-4
4: (18) r1 = 0xffff88810277fc00       ; R1=map_ptr(map=counts,ks=4,vs=8)
6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=counts,ks=4,vs=8)
7: (bf) r6 = r0                       ; R0=map_value_or_null(id=1,map=counts,ks=4,vs=8) R6=map_value_or_null(id=1,map=counts,ks=4,vs=8)
9: (85) call pc+7
caller:
 R6=map_value_or_null(id=1,map=counts,ks=4,vs=8) R10=fp0 fp-8=mmmm????
callee:
 frame1: R1=scalar() R10=fp0
17: frame1: R1=scalar() R10=fp0
18: (b7) r6 = 1                       ; frame1: R6=1
25: (15) if r0 == 0x0 goto pc+4       ; frame1: R0=map_value(map=counts,ks=4,vs=8)
40: (95) exit
returning from callee:
 frame1: R0=1 R6=1 R10=fp0
to caller at 10:
 R0=1 R6=map_value_or_null(id=1,map=counts,ks=4,vs=8) R10=fp0 fp-8=mmmm????
12: (79) r1 = *(u64 *)(r6 +0)
R6 invalid mem access 'map_value_or_null'
verification time 202 usec
stack depth 8+16
processed 26 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 0
)";

// Of Linux 5.10: no numbers of lines, values now and then on lines of their own.
constexpr std::string_view kLinux510 = R"(; char* value = bpf_map_lookup_elem(&counts, &key);
5: (18) r1 = 0xffff9d23c4e0fc00
7: (85) call bpf_map_lookup_elem#1
8: (bf) r1 = r0
; if (!value) return XDP_PASS;
10: (15) if r1 == 0x0 goto pc+6
 R0_w=inv2 R1_w=map_value(id=0,off=0,ks=4,vs=8,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 fp-8=mmmm????
11: (61) r2 = *(u32 *)(r6 +16)
12: (0f) r1 += r2
last_idx 12 first_idx 0
regs=4 stack=0 before 11: (61) r2 = *(u32 *)(r6 +16)
13: (71) r1 = *(u8 *)(r1 +0)
 R0_w=inv2 R1_w=map_value(id=0,off=0,ks=4,vs=8,umax_value=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0
R1 unbounded memory access, make sure to bounds check any such access
verification time 508 usec
stack depth 4
processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
)";

std::vector<LogStep> steps_of(std::string_view log) {
  std::vector<LogStep> steps;
  VerifierLogReader reader(log);
  while (const auto step = reader.next()) steps.push_back(*step);
  return steps;
}

size_t count_of(const std::vector<LogStep>& steps, LogKind kind) {
  size_t count = 0;
  for (const LogStep& step : steps) count += step.kind == kind;
  return count;
}

TEST(VerifierLog, steps_of_a_new_kernel_have_number_text_place_and_values) {
  const auto steps = steps_of(kLinux618);
  EXPECT_EQ(steps[0].kind, LogKind::state);
  EXPECT_EQ(steps[0].known, "R1=ctx() R10=fp0");
  EXPECT_EQ(steps[1].kind, LogKind::source);
  EXPECT_EQ(steps[1].file, "ok.bpf.c");
  EXPECT_EQ(steps[1].line, 7u);
  EXPECT_EQ(steps[1].text, "__u32 k = skb->mark;");
  EXPECT_EQ(steps[2].kind, LogKind::instruction);
  EXPECT_EQ(steps[2].number, 0u);
  EXPECT_EQ(steps[2].text, "(61) r1 = *(u32 *)(r1 +8)");
  EXPECT_EQ(count_of(steps, LogKind::instruction), 12u);
  EXPECT_EQ(count_of(steps, LogKind::message), 1u);
  EXPECT_EQ(count_of(steps, LogKind::count), 3u);
}

TEST(VerifierLog, values_are_split_at_blanks_outside_brackets) {
  const auto values =
      known_values("R1=scalar(umax=5,var_off=(0x0; 0x7)) R10=fp0 fp-8_w=mmmm???? refs=2,3 cb");
  ASSERT_EQ(values.size(), 5u);
  EXPECT_EQ(values[0].name, "R1");
  EXPECT_EQ(values[0].value, "scalar(umax=5,var_off=(0x0; 0x7))");
  EXPECT_EQ(values[2].name, "fp-8");
  EXPECT_EQ(values[2].value, "mmmm????");
  EXPECT_EQ(values[3].value, "2,3");
  EXPECT_EQ(values[4].name, "cb");
  EXPECT_EQ(values[4].value, "");
}

TEST(VerifierLog, the_last_lines_are_the_verdict) {
  EXPECT_EQ(verdict_lines(kLinux618),
            std::vector<std::string_view>{"R6 invalid mem access 'map_value_or_null'"});
  EXPECT_EQ(
      verdict_lines(kLinux510),
      std::vector<std::string_view>{"R1 unbounded memory access, make sure to bounds check any such access"});
  EXPECT_EQ(verdict_lines("unreachable insn 1\nstack depth 0\nprocessed 0 insns (limit 1000000)\n"),
            std::vector<std::string_view>{"unreachable insn 1"});
}

TEST(VerifierLog, a_verdict_behind_a_jump_without_a_line_end_is_found) {
  const auto lines = verdict_lines(
      "9: (2d) if r1 > r2 goto pc-5 infinite loop detected at insn 5\n"
      "cur state: R1=scalar() R10=fp0\nold state: R1=scalar() R10=fp0\nverification time 5 usec\n");
  EXPECT_EQ(lines, std::vector<std::string_view>{"infinite loop detected at insn 5"});
  const auto glued = verdict_lines(
      "3: (85) call bpf_tail_call#12\nexpected prog array map for tail callverification time 26 usec\n");
  EXPECT_EQ(glued, std::vector<std::string_view>{"expected prog array map for tail call"});
}

TEST(VerifierLog, a_way_taken_up_behind_a_jump_in_the_same_line_is_its_own_step) {
  const auto steps = steps_of(
      "5: (15) if r2 == 0x0 goto pc+1 7: R1=ctx() R2=0\nfrom 5 to 6: R1=ctx()\n8: safe\nfrom 2 to 9: safe\n");
  ASSERT_EQ(steps.size(), 5u);
  EXPECT_EQ(steps[0].text, "(15) if r2 == 0x0 goto pc+1");
  EXPECT_EQ(steps[1].kind, LogKind::state);
  EXPECT_EQ(steps[1].number, 7u);
  EXPECT_EQ(steps[2].kind, LogKind::joined);
  EXPECT_EQ(steps[2].from, 5u);
  EXPECT_EQ(steps[2].number, 6u);
  EXPECT_EQ(steps[3].kind, LogKind::pruned);
  EXPECT_EQ(steps[3].number, 8u);
  EXPECT_EQ(steps[4].kind, LogKind::pruned);
  EXPECT_EQ(steps[4].from, 2u);
}

TEST(VerifierLog, what_linux_6_16_says_of_live_registers_is_no_verdict) {
  const auto steps = steps_of(
      "Live regs before insn:\n      0: .1........ (61) r1 = *(u32 *)(r1 +12)\n"
      "(0) frame 0 insn 6 +live -8\n(0) live stack update done in 2 iterations\n");
  ASSERT_EQ(steps.size(), 4u);
  for (const LogStep& step : steps) EXPECT_EQ(step.kind, LogKind::precision) << step.text;
}

TEST(VerifierLog, counts_are_read_from_the_end) {
  const LogCounts counts = read_counts(kLinux618);
  EXPECT_EQ(counts.verified_instructions, 26u);
  EXPECT_EQ(counts.instruction_limit, 1'000'000u);
  EXPECT_EQ(counts.microseconds, 202u);
  EXPECT_EQ(counts.total_states, 2u);
  EXPECT_EQ(counts.peak_states, 2u);
  EXPECT_EQ(counts.stack_bytes, (std::vector<uint32_t>{8, 16}));
}

TEST(VerifierLog, what_is_known_follows_calls_and_returns) {
  VerifierState state;
  VerifierLogReader reader(kLinux618);
  while (const auto step = reader.next()) {
    if (step->kind == LogKind::instruction && step->number == 18) {
      state.take(*step);
      EXPECT_EQ(state.frame(), 1u);
      EXPECT_EQ(state.value("R6"), "1");
      continue;
    }
    if (step->kind == LogKind::instruction && step->number == 12) break;
    state.take(*step);
  }
  EXPECT_EQ(state.frame(), 0u);
  EXPECT_EQ(state.value("R6"), "map_value_or_null(id=1,map=counts,ks=4,vs=8)");
  EXPECT_EQ(state.value("fp-8"), "mmmm????");
  EXPECT_EQ(state.value("R1"), "");
}

TEST(VerifierLog, a_register_that_is_written_without_a_word_is_known_no_more) {
  VerifierState state;
  for (const LogStep& step :
       steps_of("0: R1=ctx(id=0,off=0,imm=0) R2=5 R10=fp0\n1: (61) r2 = *(u32 *)(r1 +16)\n"))
    state.take(step);
  EXPECT_EQ(state.value("R2"), "");
  EXPECT_EQ(state.value("R1"), "ctx(id=0,off=0,imm=0)");
  for (const LogStep& step : steps_of("2: (85) call bpf_ktime_get_ns#5\n")) state.take(step);
  EXPECT_EQ(state.value("R1"), "");
}

TEST(VerifierLog, instructions_name_their_registers_and_callees) {
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(registers_of("(79) r1 = *(u64 *)(r6 +0)"), (Names{"R1", "R6"}));
  EXPECT_EQ(registers_of("(bc) w10 = w2"), (Names{"R10", "R2"}));
  EXPECT_EQ(registers_of("(85) call bpf_map_lookup_elem#1"), (Names{"R1", "R2", "R3", "R4", "R5"}));
  EXPECT_EQ(registers_of("(95) exit"), (Names{"R0"}));
  EXPECT_EQ(registers_of("(b7) r99 = r"), Names{});
  EXPECT_EQ(callee_of("(85) call bpf_map_lookup_elem#1"), "bpf_map_lookup_elem");
  EXPECT_EQ(callee_of("(85) call pc+7"), "");
  EXPECT_EQ(callee_of("(95) exit"), "");
}

TEST(VerifierLog, hostile_text_ends) {
  const std::string brackets(100'000, '(');
  for (const std::string& text :
       {std::string(
            "4294967296: (\n99999999999999999999: R1=\nfrom  to\nfrom 1 to\n0:\n: R\nframe9999999: R1=x\n"),
        "0: R1=" + brackets, "R1=" + brackets + " R2=5", std::string("goto pc goto pc goto pc goto pc"),
        std::string("0: (15) goto pc+1 1: (15) goto pc+1 2: (15) goto pc+1 3: safe")}) {
    size_t count = 0;
    VerifierLogReader reader(text);
    VerifierState state;
    while (const auto step = reader.next()) {
      state.take(*step);
      ++count;
      ASSERT_LT(count, text.size() + 1);
    }
    EXPECT_GT(count, 0u);
  }
}

}  // namespace
}  // namespace weir::lab
