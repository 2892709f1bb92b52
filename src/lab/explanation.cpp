// SPDX-License-Identifier: Apache-2.0
#include "lab/explanation.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "lab/refusal_details.h"
#include "lab/register_words.h"
#include "lab/section_name.h"
#include "lab/verifier_log.h"
#include "lab/verifier_state.h"

namespace weir::lab {
namespace {

constexpr size_t kMostOrigins = 4096;

/// The end of a refused program's log: its last instruction, and what was known before it.
struct LastStep {
  std::optional<LogStep> instruction;
  VerifierState before;
  std::string_view validated;  // the function, not static, that was verified by itself
  LogStep source;              // the last one that was told
  std::map<std::string, uint32_t, std::less<>> origins;  // "id=1" -> the instruction that made it
};

std::string identity_of(std::string_view value) {
  const std::string_view id = attribute(value, "id");
  return id.empty() || id == "0" ? std::string() : "id=" + std::string(id);
}

/// "Validating work() func#1..." and "Func#1 ('work') is safe for any args that match its prototype"
void note_global_function(std::string_view message, LastStep& last) {
  constexpr std::string_view kBegins = "Validating ";
  if (message.starts_with(kBegins))
    last.validated = message.substr(kBegins.size(), message.find('(') - kBegins.size());
  if (message.find("is safe for any args") != std::string_view::npos) last.validated = {};
}

LastStep read_to_the_end(std::string_view log) {
  LastStep last;
  VerifierState state;
  VerifierLogReader reader(log);
  while (const auto step = reader.next()) {
    if (step->kind == LogKind::source) last.source = *step;
    if (step->kind == LogKind::message) note_global_function(step->text, last);
    if (step->kind == LogKind::instruction) {
      last.before = state;
      last.instruction = *step;
      if (!callee_of(step->text).empty() && last.origins.size() < kMostOrigins)
        for (const KnownValue& value : known_values(step->known))
          if (const std::string id = identity_of(value.value); !id.empty())
            last.origins.try_emplace(id, step->number);
    }
    state.take(*step);
    // Before Linux 5.18 what was known at the refused instruction stands behind it.
    if (step->kind == LogKind::call && step->text.empty()) last.before = state;
  }
  return last;
}

/// The instruction that the verdict names: of what was found before the verifier's walk.
std::optional<uint32_t> named_instruction(const std::string& verdict) {
  int64_t number = 0;
  for (const char* word : {"unreachable insn ", "detected at insn ", "from insn ", "at insn ", "insn "})
    if (number_behind(verdict, word, number) && number >= 0) return static_cast<uint32_t>(number);
  return std::nullopt;
}

bool is_before_the_walk(RefusalKind kind) {
  constexpr std::array kKinds = {RefusalKind::unreachable, RefusalKind::jump_out_of_range,
                                 RefusalKind::endless_loop, RefusalKind::types_missing};
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

void explain_log(const TrialProgram& program, const std::string& license, Explanation& to) {
  const LastStep last = read_to_the_end(program.log);
  RefusedPoint point;
  point.counts = read_counts(program.log);
  point.state = &last.before;
  if (last.instruction) {
    to.instruction = last.instruction->number;
    to.instruction_text = last.instruction->text;
    point.instruction = last.instruction->text;
  }
  // Old kernels say no more than that it is no such memory.
  const std::string_view callee = callee_of(to.instruction_text);
  if (to.refusal.kind == RefusalKind::wrong_argument &&
      (callee == "bpf_ringbuf_submit" || callee == "bpf_ringbuf_discard" || callee == "bpf_sk_release"))
    to.refusal.kind = RefusalKind::not_acquired;
  const std::string_view culprit = last.before.value(to.refusal.register_name);
  if (to.refusal.kind == RefusalKind::null_pointer && !last.validated.empty() &&
      culprit.starts_with("mem_or_null")) {
    to.refusal.kind = RefusalKind::global_function;
    to.details.push_back("the verifier went through " + std::string(last.validated) +
                         " by itself, for any arguments, because it is not static");
  }
  if (is_before_the_walk(to.refusal.kind))
    if (const auto named = named_instruction(to.refusal.verdict); named && named != to.instruction) {
      to.instruction = named;
      to.instruction_text.clear();
      point.instruction = {};
    }
  if (to.refusal.kind == RefusalKind::stack_too_deep) {
    to.instruction.reset();
    to.instruction_text.clear();
  }
  if (to.instruction) to.place = place_of(program, *to.instruction);
  if (!to.place && to.instruction && last.source.line != 0)
    to.place = SourcePlace{std::string(last.source.file), last.source.line, 0, program.name,
                           std::string(last.source.text)};
  if (!to.instruction_text.empty()) {
    for (const std::string_view name : registers_of(to.instruction_text)) {
      const std::string_view value = last.before.value(name);
      if (!value.empty() && name != "R10")
        to.known.push_back({std::string(name), std::string(value), describe_known(value)});
    }
    // The one that the verdict names comes first.
    std::stable_partition(to.known.begin(), to.known.end(),
                          [&](const KnownRegister& known) { return known.name == to.refusal.register_name; });
  }
  if (const auto origin = last.origins.find(identity_of(culprit)); origin != last.origins.end())
    point.origin = origin->second;
  const auto more = refusal_details(to.refusal, program, license, point);
  to.details.insert(to.details.end(), more.begin(), more.end());
}

/// Programs that are made for something else of the same object, or of the kernel, which is not there.
void explain_missing_target(const TrialProgram& program, Explanation& to) {
  if (to.refusal.kind != RefusalKind::unknown && to.refusal.kind != RefusalKind::type_unsupported) return;
  if (program.type == BPF_PROG_TYPE_STRUCT_OPS) {
    to.refusal.kind = RefusalKind::attach_target;
    to.details = {"no struct in SEC(\".struct_ops\") has this program as a member"};
  } else if (program.type == BPF_PROG_TYPE_EXT) {
    to.refusal.kind = RefusalKind::attach_target;
    to.details = {
        "a freplace/ program is loaded for a function of another program that is loaded, which a check has "
        "not"};
  }
}

}  // namespace

std::string type_name(bpf_prog_type type) {
  const char* name = libbpf_bpf_prog_type_str(type);
  if (name) return name;
  const auto number = static_cast<uint32_t>(type);  // the installed libbpf may know fewer
  return number == 32 ? "netfilter" : "type " + std::to_string(number);
}

std::optional<SourcePlace> place_of(const TrialProgram& program, uint32_t instruction) {
  const SourceLine* line = program.lines.at(instruction);
  // Instructions of clang's own making have line 0: those before say where they belong.
  while (line && line->line == 0 && line->instruction > 0) line = program.lines.at(line->instruction - 1);
  if (!line || line->line == 0) return std::nullopt;
  return SourcePlace{line->file, line->line, line->column, line->function, line->text};
}

Explanation explain(const TrialProgram& program, const std::string& license) {
  Explanation explanation;
  if (program.type == BPF_PROG_TYPE_UNSPEC && program.instructions > 0) {
    explanation.refusal = {
        RefusalKind::section_name, "SEC(\"" + program.section + "\") names no program type", {}};
    explanation.cure = section_advice(program.section);
  } else if (program.instructions == 0) {
    explanation.refusal = {RefusalKind::deleted_code, program.name + " has no instructions", {}};
  } else if (program.end == TrialEnd::refused) {
    const auto lines = verdict_lines(program.log);
    explanation.refusal = classify_verdict(lines);
    if (lines.empty()) explanation.refusal.verdict = std::strerror(program.system_errno);
    explain_log(program, license, explanation);
  } else {
    explanation.refusal = classify_without_log(program.libbpf_lines, program.system_errno);
    explanation.details = refusal_details(explanation.refusal, program, license, {});
  }
  explain_missing_target(program, explanation);
  explanation.rule = refusal_rule(explanation.refusal.kind);
  if (explanation.cure.empty()) explanation.cure = refusal_cure(explanation.refusal.kind);
  return explanation;
}

}  // namespace weir::lab
