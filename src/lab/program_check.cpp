// SPDX-License-Identifier: Apache-2.0
#include "lab/program_check.h"

#include <linux/capability.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "kernel/capabilities.h"
#include "lab/attach_targets.h"
#include "lab/source_functions.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

std::string_view file_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// The functions of the source that a program's instructions come from: its own, those it calls, those put
/// into them.
std::set<std::string> functions_of(const TrialProgram& program, const std::vector<SourceFunction>& all,
                                   std::string_view source) {
  std::set<std::string> names;
  for (const PlacedFunction& placed : program.functions) names.insert(placed.function.name);
  for (const SourceLine& line : program.lines.lines()) {
    if (file_name(line.file) != file_name(source)) continue;
    for (const SourceFunction& function : all)
      if (line.line >= function.first_line && line.line <= function.last_line) names.insert(function.name);
  }
  return names;
}

std::vector<ClangMessage> warnings_of(const TrialProgram& program, const std::vector<ClangMessage>& messages,
                                      const std::vector<SourceFunction>& all, std::string_view source) {
  const auto names = functions_of(program, all, source);
  std::vector<ClangMessage> warnings;
  for (const ClangMessage& message : messages) {
    if (file_name(message.file) != file_name(source)) continue;
    const bool is_its = std::any_of(all.begin(), all.end(), [&](const SourceFunction& function) {
      return message.line >= function.first_line && message.line <= function.last_line &&
             names.contains(function.name);
    });
    if (is_its) warnings.push_back(message);
  }
  return warnings;
}

bool looks_like_a_check(std::string_view text) {
  for (const char* sign : {"if", "?", "&&", "||", "while"})
    if (text.find(sign) != std::string_view::npos) return true;
  return false;
}

/// Lines with a condition that have instructions only where clang may not conclude from a use that a pointer
/// is not NULL.
std::vector<SourcePlace> deleted_checks(const LineTable& before, const LineTable& after) {
  const auto has = [](const LineTable& table, const SourceLine& line) {
    return std::any_of(table.lines().begin(), table.lines().end(), [&](const SourceLine& known) {
      return known.line == line.line && known.file == line.file;
    });
  };
  std::vector<SourcePlace> places;
  for (const SourceLine& line : after.lines()) {
    if (line.line == 0 || has(before, line) || !looks_like_a_check(line.text)) continue;
    const bool told = std::any_of(places.begin(), places.end(),
                                  [&](const SourcePlace& place) { return place.line == line.line; });
    if (!told) places.push_back({line.file, line.line, line.column, line.function, line.text});
  }
  return places;
}

/// Compiles once more, with the checks that C lets clang delete, and compares.
void find_deleted_checks(const CheckOptions& options, CheckedFile& file) {
  const bool wanted =
      std::any_of(file.programs.begin(), file.programs.end(), [](const CheckedProgram& program) {
        return program.explanation && program.explanation->refusal.kind == RefusalKind::null_pointer;
      });
  if (!wanted) return;
  CompileOptions careful = options.compile;
  careful.keep_null_checks = true;
  const auto made = compile_bpf(careful);
  if (!made || made->object.empty()) return;
  const auto contents = read_object(made->object);
  if (!contents) return;
  const ObjectLines lines = ObjectLines::of(made->object);
  for (CheckedProgram& program : file.programs) {
    if (!program.explanation || program.explanation->refusal.kind != RefusalKind::null_pointer) continue;
    const auto placed = contents->placed(program.trial.section, program.trial.name);
    program.deleted_checks = deleted_checks(program.trial.lines, lines.of_program(placed));
  }
}

void name_missing_capability(CheckedProgram& program) {
  Explanation& explanation = *program.explanation;
  if (explanation.refusal.kind != RefusalKind::not_permitted) return;
  const std::string missing = missing_capability(program.trial.type);
  if (missing.empty()) return;
  explanation.details = {"programs of type " + type_name(program.trial.type) + " need " + missing +
                         ", which this process has not"};
}

Result<> check_capability() {
  if (kernel::holds_capability(CAP_BPF)) return {};
  std::string sentence = "showing programs to the verifier needs CAP_BPF, which this process has not";
  if (!kernel::in_first_user_namespace()) sentence += " and could not have in a user namespace";
  return base::fail(ErrorKind::permission, sentence + "; run it as root");
}

}  // namespace

std::string missing_capability(bpf_prog_type type) {
  const auto lacks = [](int number) { return !kernel::holds_capability(number); };
  std::string missing;
  const auto need = [&](int number, const char* name) {
    if (lacks(number)) missing += (missing.empty() ? "" : " and ") + std::string(name);
  };
  need(CAP_BPF, "CAP_BPF");
  // kernel/bpf/syscall.c is_perfmon_prog_type, is_net_admin_prog_type
  switch (type) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_STRUCT_OPS:
      need(CAP_PERFMON, "CAP_PERFMON");
      break;
    case BPF_PROG_TYPE_EXT:
      need(CAP_PERFMON, "CAP_PERFMON");
      need(CAP_NET_ADMIN, "CAP_NET_ADMIN");
      break;
    case BPF_PROG_TYPE_SOCKET_FILTER:
    case BPF_PROG_TYPE_SK_REUSEPORT:
    case BPF_PROG_TYPE_UNSPEC:
    case BPF_PROG_TYPE_SYSCALL:
      break;
    default:
      need(CAP_NET_ADMIN, "CAP_NET_ADMIN");
      break;
  }
  return missing;
}

Result<CheckedFile> check_file(const CheckOptions& options) {
  const std::string& path = options.compile.source;
  auto bytes = read_object_file(path);
  if (!bytes) return tl::unexpected(bytes.error());
  CheckedFile file;
  std::vector<SourceFunction> functions;
  const bool is_source = !is_object_file(path, *bytes);
  if (is_source) {
    auto made = compile_bpf(options.compile);
    if (!made) return tl::unexpected(made.error());
    file.compilation = std::move(*made);
    file.advice = compile_advice(file.compilation.messages);
    if (!file.compiles()) return file;
    functions = find_functions({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  } else {
    file.compilation.object = std::move(*bytes);
  }
  if (auto permitted = check_capability(); !permitted) return tl::unexpected(permitted.error());
  auto trial = try_object(file.compilation.object,
                          {options.compile.btf, options.programs, options.walk, options.verbose});
  if (!trial) return base::fail_within(std::move(trial.error()), path);
  file.license = trial->contents.license;
  std::vector<std::string> sections;
  for (const TrialProgram& program : trial->programs) sections.push_back(program.section);
  const AttachTargets targets = AttachTargets::of_running_kernel(sections);
  for (TrialProgram& tried : trial->programs) {
    CheckedProgram program;
    program.trial = std::move(tried);
    program.counts = read_counts(program.trial.log);
    program.warnings = warnings_of(program.trial, file.compilation.messages, functions, path);
    program.target_note = target_advice(program.trial.section, targets);
    if (program.trial.end != TrialEnd::accepted) {
      program.explanation = explain(program.trial, file.license);
      name_missing_capability(program);
    }
    file.programs.push_back(std::move(program));
  }
  if (is_source) find_deleted_checks(options, file);
  return file;
}

}  // namespace weir::lab
