// SPDX-License-Identifier: Apache-2.0
// `weir lab btf`: types of the kernel, of a file, of a program.
#include <unistd.h>

#include "app/lab_commands.h"
#include "app/lab_object.h"
#include "lab/program_details.h"
#include "lab/type_header.h"
#include "lab/type_listing.h"
#include "sink/human_text.h"
#include "sink/output_buffer.h"

namespace weir::app {
namespace {

using base::ErrorKind;
using base::Result;
using config::LabOptions;
using config::LabOutput;

Result<lab::TypeSet> read_types(const LabOptions& options) {
  if (options.object.empty()) return lab::TypeSet::of_kernel();
  if (names_object_file(options.object)) return lab::TypeSet::of_file(options.object[0]);
  const auto program = open_program(options.object);
  if (!program) return tl::unexpected<base::Error>(program.error());
  const auto details = lab::program_details(program->get());
  if (!details) return tl::unexpected<base::Error>(details.error());
  if (details->btf_id == 0)
    return base::fail(ErrorKind::bad_input,
                      "program " + std::to_string(details->id) + " was loaded without BTF");
  return lab::TypeSet::of_id(details->btf_id);
}

/// Names are the file's: control characters must not steer a terminal.
std::string shown(const std::string& lines) {
  std::string text;
  for (size_t begin = 0; begin <= lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    const bool tab = begin < end && lines[begin] == '\t';
    text += (tab ? "\t" : "") + sink::printable(std::string_view(lines).substr(begin + (tab ? 1 : 0),
                                                                               end - begin - (tab ? 1 : 0)));
    if (end == lines.size()) break;
    text += '\n';
    begin = end + 1;
  }
  return text;
}

}  // namespace

Result<> lab_btf(const LabOptions& options) {
  const auto types = read_types(options);
  if (!types) return tl::unexpected<base::Error>(types.error());
  uint32_t only = 0;
  if (!options.type_name.empty()) {
    only = lab::find_type(*types, options.type_name);
    if (only == 0) return base::fail(ErrorKind::not_found, "there is no type '" + options.type_name + "'");
  }
  sink::OutputBuffer output(STDOUT_FILENO);
  if (options.header) {
    if (auto done = lab::write_header(*types, only, [&](std::string_view piece) { output.append(piece); });
        !done)
      return done;
    return output.flush();
  }
  if (only != 0) {
    output.append(options.output == LabOutput::json ? lab::layout_record(*types, only).line()
                                                    : shown(lab::layout_text(*types, only)));
    return output.flush();
  }
  for (uint32_t id = 1; id <= types->last_id() && !output.failed(); ++id)
    output.append(options.output == LabOutput::json ? lab::type_record(*types, id).line()
                                                    : shown(lab::type_text(*types, id)) + '\n');
  return output.flush();
}

}  // namespace weir::app
