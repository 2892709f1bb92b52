// SPDX-License-Identifier: Apache-2.0
#include "bytecode/flow_graph.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace weir::bytecode {
namespace {

constexpr bpf_insn kExit{BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
constexpr bpf_insn kMove{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1};

constexpr bpf_insn if_zero(int16_t distance) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, distance, 0};
}
constexpr bpf_insn go(int16_t distance) {
  return {BPF_JMP | BPF_JA, 0, 0, distance, 0};
}
constexpr bpf_insn call(int32_t distance) {
  return {BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, distance};
}

std::string edges(const FunctionGraph& function) {
  std::string text;
  for (const Edge& edge : function.edges)
    text += std::to_string(edge.from) + "nj?!"[static_cast<int>(edge.kind)] + std::to_string(edge.to) + ' ';
  return text;
}

TEST(FlowGraph, cuts_a_program_where_jumps_leave_and_arrive) {
  // 0 if 1 else 2 meet at 3, which goes back once.
  const std::array program{if_zero(2), kMove, go(1), kMove, if_zero(-5), kExit};
  const auto functions = flow_graph(program);
  ASSERT_EQ(functions.size(), 1u);
  EXPECT_EQ(functions[0].blocks.size(), 5u);
  EXPECT_EQ(edges(functions[0]), "0?2 0!1 1j3 2n3 3?0 3!4 ");
}

TEST(FlowGraph, counts_a_wide_load_as_one_instruction) {
  const std::array program{bpf_insn{BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 5}, bpf_insn{}, if_zero(0), kExit};
  const auto functions = flow_graph(program);
  ASSERT_EQ(functions.size(), 1u);
  ASSERT_EQ(functions[0].blocks.size(), 2u);
  EXPECT_EQ(functions[0].blocks[0].end, 3u);
}

TEST(FlowGraph, finds_the_functions_that_are_called) {
  const std::array program{call(1), kExit, kMove, kExit};
  const auto functions = flow_graph(program);
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[1].begin, 2u);
  EXPECT_EQ(functions[0].blocks.size(), 1u);
  EXPECT_TRUE(functions[0].edges.empty());
}

TEST(FlowGraph, is_written_for_dot_with_its_text_escaped) {
  const std::array program{if_zero(0), kExit};
  const auto functions = flow_graph(program);
  const std::string dot = graph_text(
      program, functions, [](uint32_t at) { return "line \"" + std::to_string(at) + '"'; },
      [](uint32_t) { return std::string("main"); });
  EXPECT_NE(dot.find(R"(f0_b0 [label="line \"0\"\l"];)"), std::string::npos) << dot;
  EXPECT_NE(dot.find(R"(f0_b0 -> f0_b1 [label="yes"];)"), std::string::npos) << dot;
  EXPECT_NE(dot.find(R"(label="main";)"), std::string::npos) << dot;
}

TEST(FlowGraph, takes_any_bytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<bpf_insn> program(random() % 40);
    for (bpf_insn& at : program)
      at = {static_cast<uint8_t>(random() % 2 ? random() : BPF_JMP | BPF_JA),
            static_cast<uint8_t>(random() & 15), static_cast<uint8_t>(random() & 15),
            static_cast<int16_t>(random() % 64 - 32), static_cast<int32_t>(random() % 64 - 32)};
    const auto functions = flow_graph(program);
    uint32_t covered = 0;
    for (const FunctionGraph& function : functions) {
      for (const Block& block : function.blocks) covered += block.end - block.begin;
      for (const Edge& edge : function.edges) {
        EXPECT_LT(edge.from, function.blocks.size());
        EXPECT_LT(edge.to, function.blocks.size());
      }
    }
    EXPECT_EQ(covered, program.size());
  }
}

}  // namespace
}  // namespace weir::bytecode
