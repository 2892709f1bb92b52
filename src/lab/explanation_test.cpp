// SPDX-License-Identifier: Apache-2.0
#include "lab/explanation.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "lab/verifier_walk.h"

namespace weir::lab {
namespace {

TrialProgram refused(std::string log, std::vector<SourceLine> lines = {}) {
  TrialProgram program;
  program.name = "count";
  program.section = "xdp";
  program.type = BPF_PROG_TYPE_XDP;
  program.end = TrialEnd::refused;
  program.system_errno = EACCES;
  program.instructions = 12;
  program.log = std::move(log);
  program.functions = {{{"count", "xdp", 0, 12}, 0}};
  program.lines = LineTable(std::move(lines));
  return program;
}

// Of Linux 6.1: it names no lines, the object does.
constexpr const char* kNullValue = R"(0: R1=ctx(off=0,imm=0) R10=fp0
; __u32 key = ctx->ingress_ifindex;
0: (61) r1 = *(u32 *)(r1 +12)         ; R1_w=scalar(umax=4294967295,var_off=(0x0; 0xffffffff))
2: (bf) r2 = r10                      ; R2_w=fp0 R10=fp0
4: (18) r1 = 0xff118aa390bbd400       ; R1_w=map_ptr(off=0,ks=4,vs=8,imm=0)
6: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)
; *count += 1;  // here
7: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
verification time 516 usec
stack depth 8
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
)";

TEST(Explanation, a_refusal_has_place_values_rule_and_cure) {
  const Explanation explanation =
      explain(refused(kNullValue, {{0, "count", "xdp.bpf.c", 15, 20, "__u32 key = …;"},
                                   {4, "count", "xdp.bpf.c", 16, 18, "count = look_up();"},
                                   {7, "count", "xdp.bpf.c", 18, 10, "*count += 1;"}}),
              "GPL");
  EXPECT_EQ(explanation.refusal.kind, RefusalKind::null_pointer);
  ASSERT_TRUE(explanation.place);
  EXPECT_EQ(explanation.place->file, "xdp.bpf.c");
  EXPECT_EQ(explanation.place->line, 18u);
  EXPECT_EQ(explanation.place->column, 10u);
  EXPECT_EQ(explanation.instruction, 7u);
  ASSERT_EQ(explanation.known.size(), 1u);  // the call has left nothing of R1
  EXPECT_EQ(explanation.known[0].name, "R0");
  EXPECT_EQ(explanation.known[0].words, "a value of a map (8 bytes), or NULL");
  EXPECT_EQ(explanation.details,
            std::vector<std::string>{"the pointer came from xdp.bpf.c:16 `count = look_up();`"});
  EXPECT_FALSE(explanation.rule.empty());
  EXPECT_FALSE(explanation.cure.empty());
}

TEST(Explanation, without_types_the_place_is_what_the_log_says) {
  const Explanation old = explain(refused(kNullValue), "GPL");
  EXPECT_FALSE(old.place);
  const Explanation now = explain(refused("; *count += 1; @ xdp.bpf.c:18\n7: (79) r1 = *(u64 *)(r0 +0)\n"
                                          "R0 invalid mem access 'map_value_or_null'\n"),
                                  "GPL");
  ASSERT_TRUE(now.place);
  EXPECT_EQ(now.place->line, 18u);
  EXPECT_EQ(now.place->file, "xdp.bpf.c");
}

TEST(Explanation, values_that_linux_5_10_tells_behind_the_instruction_are_those_before_it) {
  const Explanation explanation =
      explain(refused("12: (0f) r1 += r2\n13: (71) r1 = *(u8 *)(r1 +0)\n"
                      " R0_w=inv2 R1_w=map_value(id=0,off=0,ks=4,vs=8,umax_value=4294967295,var_off=(0x0; "
                      "0xffffffff)) R10=fp0\n"
                      "R1 unbounded memory access, make sure to bounds check any such access\n"),
              "GPL");
  EXPECT_EQ(explanation.refusal.kind, RefusalKind::map_value_bounds);
  ASSERT_EQ(explanation.known.size(), 1u);
  EXPECT_EQ(explanation.known[0].words, "a value of a map (8 bytes)");
}

TEST(Explanation, details_tell_the_numbers_of_the_case) {
  EXPECT_EQ(
      explain(
          refused(
              "5: (71) r1 = *(u8 *)(r2 +0)\ninvalid access to packet, off=13 size=1, R2(id=0,off=13,r=13)\n"),
          "GPL")
          .details,
      std::vector<std::string>{
          "the access ends at byte 14, the comparison with data_end has shown 13 bytes to be there"});
  EXPECT_EQ(
      explain(refused("3: (85) call bpf_trace_printk#6\n"
                      "cannot call GPL-restricted function from non-GPL compatible program\n"),
              "")
          .details,
      std::vector<std::string>{"the object names no licence, so the kernel takes it as not GPL-compatible"});
  EXPECT_EQ(explain(refused("15: (85) call bpf_skb_load_bytes#26\n"
                            "R4 min value is negative, either use unsigned or 'var &= const'\n"),
                    "GPL")
                .details,
            std::vector<std::string>{"R4 is argument 4 of bpf_skb_load_bytes"});
  EXPECT_EQ(explain(refused("combined stack size of 2 calls is 704. Too large\nstack depth 304+400\n"), "GPL")
                .details,
            std::vector<std::string>{"bytes of stack: count 304"});
}

TEST(Explanation, a_function_that_is_not_static_is_told_as_the_reason) {
  const Explanation explanation =
      explain(refused("Validating global() func#1...\n7: R1=ctx() R2=mem_or_null(id=1,sz=8) R10=fp0\n"
                      "8: (79) r3 = *(u64 *)(r2 +0)\nR2 invalid mem access 'mem_or_null'\n"),
              "GPL");
  EXPECT_EQ(explanation.refusal.kind, RefusalKind::global_function);
}

TEST(Explanation, old_kernels_words_for_a_record_given_back_twice_are_understood) {
  EXPECT_EQ(explain(refused("9: (85) call bpf_ringbuf_discard#133\nR1 type=inv expected=mem\n"), "GPL")
                .refusal.kind,
            RefusalKind::not_acquired);
}

TEST(Explanation, what_never_came_before_the_verifier_is_explained_too) {
  TrialProgram program = refused("");
  program.type = BPF_PROG_TYPE_UNSPEC;
  program.section = "XDP";
  EXPECT_EQ(explain(program, "GPL").refusal.kind, RefusalKind::section_name);
  EXPECT_EQ(explain(program, "GPL").cure, "did you mean SEC(\"xdp\")?");
  program.instructions = 0;
  EXPECT_EQ(explain(program, "GPL").refusal.kind, RefusalKind::deleted_code);
}

TEST(Explanation, programs_made_for_another_one_name_what_is_missing) {
  TrialProgram program = refused("stack depth 0\nprocessed 0 insns (limit 1000000)\n");
  program.type = BPF_PROG_TYPE_STRUCT_OPS;
  EXPECT_EQ(explain(program, "GPL").refusal.kind, RefusalKind::attach_target);
  EXPECT_EQ(explain(program, "GPL").refusal.verdict, "Permission denied");
  program = refused("");
  program.type = BPF_PROG_TYPE_EXT;
  program.end = TrialEnd::not_asked;
  program.system_errno = EINVAL;
  EXPECT_EQ(explain(program, "GPL").refusal.kind, RefusalKind::attach_target);
}

TEST(Explanation, the_walk_tells_each_step_and_counts_them) {
  TrialProgram program = refused(
      "0: R1=ctx() R10=fp0\n0: (61) r0 = *(u32 *)(r1 +12)         ; R0=scalar(smin=0,smax=umax=0xffffffff)\n"
      "1: (15) if r0 == 0x0 goto pc+1        ; R0=scalar(smin=umin=1,smax=umax=0xffffffff)\n"
      "2: (b7) r0 = 2                        ; R0=2\n3: (95) exit\n"
      "from 1 to 3: R0=0 R10=fp0\n3: safe\nprocessed 5 insns (limit 1000000)\n",
      {{0, "count", "/src/xdp.bpf.c", 9, 3, "if (!ctx->ingress_ifindex) return 0;"}});
  program.end = TrialEnd::accepted;
  std::string text;
  const WalkSummary summary =
      write_walk(program, [&](std::string_view line) { text += std::string(line) + "\n"; });
  EXPECT_EQ(summary.instructions, 4u);
  EXPECT_EQ(summary.joined, 1u);
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_NE(text.find("xdp.bpf.c:9  if (!ctx->ingress_ifindex) return 0;\n"), std::string::npos) << text;
  EXPECT_NE(text.find("R0      a number from 1 to 4294967295\n"), std::string::npos) << text;
  EXPECT_NE(text.find("-- the other way from 1, on at 3:\n"), std::string::npos) << text;
  size_t records = 0;
  write_walk_json(program, [&](std::string_view record) {
    EXPECT_TRUE(record.starts_with("{\"type\":\"lab.check.step\"")) << record;
    ++records;
  });
  EXPECT_EQ(records, 7u);
}

}  // namespace
}  // namespace weir::lab
