// SPDX-License-Identifier: Apache-2.0
// Any text as the verifier's log, clang's messages, libbpf's lines and a C source: reading it ends and stays
// small.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lab/clang_message.h"
#include "lab/explanation.h"
#include "lab/register_words.h"
#include "lab/section_name.h"
#include "lab/source_functions.h"
#include "lab/verifier_log.h"
#include "lab/verifier_state.h"
#include "lab/verifier_walk.h"

namespace {

using namespace weir;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_steps(std::string_view text) {
  lab::VerifierLogReader reader(text);
  lab::VerifierState state;
  size_t steps = 0;
  while (const auto step = reader.next()) {
    require(++steps <= text.size());
    state.take(*step);
    for (const lab::KnownValue& known : lab::known_values(step->known)) {
      // Words do not grow with what they describe by more than they add.
      require(lab::describe_known(known.value).size() <= known.value.size() + 128);
      lab::describe_stack(known.value);
    }
    require(lab::known_values(step->known).size() <= lab::kMostKnown);
    require(state.values().size() <= lab::kMostKnown);
    for (const std::string_view name : lab::registers_of(step->text)) require(name.starts_with('R'));
    lab::callee_of(step->text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_steps(text);
  lab::TrialProgram program;
  program.name = "fuzzed";
  program.section = text.substr(0, 12);
  program.type = BPF_PROG_TYPE_XDP;
  program.end = lab::TrialEnd::refused;
  program.instructions = 9;
  program.log = text;
  program.functions = {{{"fuzzed", "xdp", 0, 9}, 0}};
  program.lines = lab::LineTable(
      {{0, "fuzzed", "fuzzed.bpf.c", 3, 1, "int fuzzed(void)"}, {5, "fuzzed", "fuzzed.bpf.c", 0, 0, ""}});
  lab::explain(program, text.substr(0, 16));
  lab::write_walk(program, [](std::string_view) {});
  lab::write_walk_json(program, [](std::string_view) {});
  program.end = lab::TrialEnd::not_asked;
  program.libbpf_lines = {text};
  lab::explain(program, {});
  program.type = BPF_PROG_TYPE_UNSPEC;
  lab::explain(program, {});
  size_t kept = 0;
  for (const lab::ClangMessage& message : lab::parse_clang_messages(text)) kept += 1 + message.notes.size();
  require(kept <= lab::kMostClangMessages);
  for (const lab::SourceFunction& function : lab::find_functions(text))
    require(function.first_line <= function.last_line);
  return 0;
}
