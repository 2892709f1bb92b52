// SPDX-License-Identifier: Apache-2.0
// The control flow of a program: its functions, their basic blocks, and the ways between these.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace weir::bytecode {

enum class EdgeKind : uint8_t {
  next,   // falls through
  jump,   // goto
  taken,  // a condition holds
  other,  // it does not
};

struct Edge {
  uint32_t from = 0;  // blocks
  uint32_t to = 0;
  EdgeKind kind = EdgeKind::next;
};

/// Instructions [begin, end).
struct Block {
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct FunctionGraph {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::vector<Block> blocks;  // in their order; the first is the entry
  std::vector<Edge> edges;
};

/// Of any instructions: jumps that leave the program or hit the second half of a wide load have no edge.
/// Calls and exits as the verifier counts them: a call ends no block.
std::vector<FunctionGraph> flow_graph(std::span<const bpf_insn> program);

/// For dot(1): one cluster a function. `line` gives an instruction's text, `title` a function's.
std::string graph_text(std::span<const bpf_insn> program, std::span<const FunctionGraph> functions,
                       const std::function<std::string(uint32_t instruction)>& line,
                       const std::function<std::string(uint32_t function)>& title);

}  // namespace weir::bytecode
