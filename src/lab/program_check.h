// SPDX-License-Identifier: Apache-2.0
// One file checked: compiled where it is C, each of its programs shown to the verifier, each refusal
// explained. Attaches and prints nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/bpf_compiler.h"
#include "lab/explanation.h"
#include "lab/trial_object.h"
#include "lab/verifier_log.h"

namespace weir::lab {

struct CheckOptions {
  CompileOptions compile;             // `source` may be an object file (.o) too; `btf` is for both
  std::vector<std::string> programs;  // only these; empty: all
  bool walk = false;
  bool verbose = false;
};

struct CheckedProgram {
  TrialProgram trial;
  LogCounts counts;
  std::optional<Explanation> explanation;   // of a refused one
  std::vector<ClangMessage> warnings;       // clang's, of its functions
  std::vector<SourcePlace> deleted_checks;  // NULL checks that clang took out of a refused one
  std::string target_note;                  // why it will not attach here; empty: nothing is known against it

  bool accepted() const { return !explanation; }
};

struct CheckedFile {
  Compilation compilation;  // of an object file without messages
  std::string advice;       // what to do where it does not compile
  std::string license;
  std::vector<CheckedProgram> programs;  // empty: it does not compile

  bool compiles() const { return !compilation.object.empty(); }
};

/// Fails with bad_input or not_found for files that are neither, permission where a capability is missing
/// (named), unsupported where there is no clang.
base::Result<CheckedFile> check_file(const CheckOptions& options);

/// "CAP_PERFMON": what loading this type needs and this process has not; empty: nothing.
std::string missing_capability(bpf_prog_type type);

}  // namespace weir::lab
