// SPDX-License-Identifier: Apache-2.0
#include "app/lab_check.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "app/lab_check_report.h"
#include "lab/program_check.h"
#include "sink/output_buffer.h"

namespace weir::app {
namespace {

using base::ErrorKind;

int exit_code_of(const lab::CheckedProgram& program) {
  if (program.accepted()) return 0;
  switch (program.explanation->refusal.kind) {
    case lab::RefusalKind::not_permitted:
      return base::exit_code(ErrorKind::permission);
    case lab::RefusalKind::type_unsupported:
      return base::exit_code(ErrorKind::unsupported);
    default:
      return base::exit_code(ErrorKind::bad_input);
  }
}

int worse(int one, int other) {
  if (one == 0 || other == 0) return one + other;
  return std::min(one, other);
}

lab::CheckOptions check_options(const config::LabCheckOptions& options, const std::string& file) {
  lab::CheckOptions check;
  check.compile.source = file;
  check.compile.btf = options.btf;
  check.compile.include_folders = options.include_folders;
  check.compile.defines = options.defines;
  check.programs = options.programs;
  check.walk = options.walk;
  check.verbose = options.verbosity > 0;
  return check;
}

}  // namespace

int lab_check(const config::LabCheckOptions& options) {
  sink::OutputBuffer output(STDOUT_FILENO);
  int code = 0;
  bool first = true;
  for (const std::string& name : options.files) {
    const auto file = lab::check_file(check_options(options, name));
    if (!file) {
      if (!output.flush()) break;
      std::fprintf(stderr, "weir lab check: %s\n", file.error().message.c_str());
      code = worse(code, base::exit_code(file.error().kind));
      continue;
    }
    if (!file->compiles()) code = worse(code, base::exit_code(ErrorKind::bad_input));
    for (const lab::CheckedProgram& program : file->programs) code = worse(code, exit_code_of(program));
    if (options.output == config::LabCheckOutput::json) {
      write_check_json(name, *file, options, output);
    } else {
      if (!first) output.append("\n");
      write_check_text(name, *file, options, output);
    }
    first = false;
    if (!output.flush()) break;
  }
  const auto written = output.flush();
  if (written || written.error().system_errno == EPIPE) return code;
  std::fprintf(stderr, "weir lab check: %s\n", written.error().message.c_str());
  return base::exit_code(ErrorKind::internal);
}

}  // namespace weir::app
