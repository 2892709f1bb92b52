// SPDX-License-Identifier: Apache-2.0
#include "bytecode/flow_graph.h"

#include <algorithm>
#include <optional>

#include "bytecode/instruction_text.h"

namespace weir::bytecode {
namespace {

bool is_jump_class(const bpf_insn& at) {
  return BPF_CLASS(at.code) == BPF_JMP || BPF_CLASS(at.code) == BPF_JMP32;
}

bool is_exit(const bpf_insn& at) {
  return at.code == (BPF_JMP | BPF_EXIT);
}

bool is_call(const bpf_insn& at) {
  return at.code == (BPF_JMP | BPF_CALL);
}

bool is_goto(const bpf_insn& at) {
  return at.code == (BPF_JMP | BPF_JA) || at.code == (BPF_JMP32 | BPF_JA);
}

bool ends_block(const bpf_insn& at) {
  return is_jump_class(at) && !is_call(at);
}

/// Where a jump goes, if that is in the program.
std::optional<uint32_t> target(std::span<const bpf_insn> program, uint32_t index) {
  const bpf_insn& at = program[index];
  if (!is_jump_class(at) || is_call(at) || is_exit(at) || at.code == (BPF_JMP | BPF_JA | BPF_X))
    return std::nullopt;
  const int64_t distance = at.code == (BPF_JMP32 | BPF_JA) ? at.imm : at.off;
  const int64_t to = int64_t{index} + 1 + distance;
  if (to < 0 || to >= static_cast<int64_t>(program.size())) return std::nullopt;
  return static_cast<uint32_t>(to);
}

/// Second halves of wide loads are no instructions.
std::vector<bool> beginnings(std::span<const bpf_insn> program) {
  std::vector<bool> begins(program.size(), true);
  for (size_t i = 0; i + 1 < program.size(); ++i)
    if (is_wide(program[i])) begins[++i] = false;
  return begins;
}

/// The callee of a call within the program: the offset stands in `imm` as it was compiled and in `off` after
/// the verifier.
std::optional<uint32_t> callee(std::span<const bpf_insn> program, uint32_t index) {
  const bpf_insn& at = program[index];
  if (!is_call(at) || at.src_reg != BPF_PSEUDO_CALL) return std::nullopt;
  const int64_t to = int64_t{index} + 1 + (at.off != 0 ? at.off : at.imm);
  if (to <= 0 || to >= static_cast<int64_t>(program.size())) return std::nullopt;
  return static_cast<uint32_t>(to);
}

void add_blocks(std::span<const bpf_insn> program, const std::vector<bool>& begins, FunctionGraph& function) {
  std::vector<bool> leads(function.end - function.begin, false);
  leads[0] = true;
  const auto lead = [&](uint32_t index) {
    if (index >= function.begin && index < function.end && begins[index])
      leads[index - function.begin] = true;
  };
  for (uint32_t i = function.begin; i < function.end; ++i) {
    if (!begins[i] || !ends_block(program[i])) continue;
    lead(i + 1);
    if (const auto to = target(program, i)) lead(*to);
  }
  for (uint32_t i = function.begin; i < function.end; ++i)
    if (leads[i - function.begin]) {
      if (!function.blocks.empty()) function.blocks.back().end = i;
      function.blocks.push_back({i, function.end});
    }
}

void add_edges(std::span<const bpf_insn> program, const std::vector<bool>& begins, FunctionGraph& function) {
  const auto block_at = [&](uint32_t index) -> std::optional<uint32_t> {
    const auto found =
        std::lower_bound(function.blocks.begin(), function.blocks.end(), index,
                         [](const Block& block, uint32_t wanted) { return block.begin < wanted; });
    if (found == function.blocks.end() || found->begin != index) return std::nullopt;
    return static_cast<uint32_t>(found - function.blocks.begin());
  };
  for (uint32_t number = 0; number < function.blocks.size(); ++number) {
    const Block& block = function.blocks[number];
    uint32_t last = block.end - 1;
    if (!begins[last]) --last;  // a wide load has two
    const bpf_insn& at = program[last];
    if (is_exit(at)) continue;
    const bool conditional = ends_block(at) && !is_goto(at);
    if (const auto to = target(program, last))
      if (const auto into = block_at(*to))
        function.edges.push_back({number, *into, conditional ? EdgeKind::taken : EdgeKind::jump});
    if (is_goto(at) || at.code == (BPF_JMP | BPF_JA | BPF_X)) continue;
    if (const auto into = block_at(block.end))
      function.edges.push_back({number, *into, conditional ? EdgeKind::other : EdgeKind::next});
  }
}

std::string quoted_for_dot(const std::string& text) {
  std::string quoted;
  for (const char character : text) {
    if (character == '"' || character == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(character) < ' ' ? ' ' : character;
  }
  return quoted;
}

}  // namespace

std::vector<FunctionGraph> flow_graph(std::span<const bpf_insn> program) {
  std::vector<FunctionGraph> functions;
  if (program.empty()) return functions;
  const std::vector<bool> begins = beginnings(program);
  std::vector<uint32_t> starts{0};
  for (uint32_t i = 0; i < program.size(); ++i) {
    if (!begins[i]) continue;
    if (const auto called = callee(program, i); called && begins[*called]) starts.push_back(*called);
    // A function's address, loaded for a callback.
    if (is_wide(program[i]) && program[i].src_reg == BPF_PSEUDO_FUNC) {
      const int64_t to = int64_t{i} + 1 + program[i].imm;
      if (to > 0 && to < static_cast<int64_t>(program.size()) && begins[static_cast<size_t>(to)])
        starts.push_back(static_cast<uint32_t>(to));
    }
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  for (size_t i = 0; i < starts.size(); ++i) {
    FunctionGraph function;
    function.begin = starts[i];
    function.end = i + 1 < starts.size() ? starts[i + 1] : static_cast<uint32_t>(program.size());
    add_blocks(program, begins, function);
    add_edges(program, begins, function);
    functions.push_back(std::move(function));
  }
  return functions;
}

std::string graph_text(std::span<const bpf_insn> program, std::span<const FunctionGraph> functions,
                       const std::function<std::string(uint32_t instruction)>& line,
                       const std::function<std::string(uint32_t function)>& title) {
  const std::vector<bool> begins = beginnings(program);
  std::string text = "digraph \"program\" {\n  node [shape=box, fontname=\"monospace\"];\n";
  for (uint32_t number = 0; number < functions.size(); ++number) {
    const FunctionGraph& function = functions[number];
    const std::string prefix = "f" + std::to_string(number) + "_b";
    text += "  subgraph \"cluster_" + std::to_string(number) + "\" {\n    label=\"" +
            quoted_for_dot(title(number)) + "\";\n";
    for (uint32_t block = 0; block < function.blocks.size(); ++block) {
      text += "    " + prefix + std::to_string(block) + " [label=\"";
      for (uint32_t i = function.blocks[block].begin; i < function.blocks[block].end; ++i)
        if (begins[i]) text += quoted_for_dot(line(i)) + "\\l";
      text += "\"];\n";
    }
    for (const Edge& edge : function.edges) {
      text += "    " + prefix + std::to_string(edge.from) + " -> " + prefix + std::to_string(edge.to);
      if (edge.kind == EdgeKind::taken) text += " [label=\"yes\"]";
      if (edge.kind == EdgeKind::other) text += " [label=\"no\", style=dashed]";
      text += ";\n";
    }
    text += "  }\n";
  }
  return text + "}\n";
}

}  // namespace weir::bytecode
