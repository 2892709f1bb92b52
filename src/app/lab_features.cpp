// SPDX-License-Identifier: Apache-2.0
// `weir lab features`: what eBPF programs may use on this kernel.
#include <unistd.h>

#include "app/lab_commands.h"
#include "lab/json_record.h"
#include "lab/kernel_features.h"
#include "lab/value_printer.h"
#include "sink/output_buffer.h"
#include "sink/text_table.h"

namespace weir::app {
namespace {

using base::Result;
using config::LabOptions;
using config::LabOutput;

const char* word_for(const std::optional<bool>& available) {
  return !available ? "?" : *available ? "yes" : "no";
}

sink::Cell cell_for(const std::optional<bool>& available) {
  return {word_for(available), available.value_or(false) ? sink::Style::bold : sink::Style::dim};
}

lab::JsonRecord record_of(const char* object, const std::string& name, std::string_view since,
                          const std::optional<bool>& available) {
  lab::JsonRecord record;
  record.text("object", object).text("name", name).text("since", since);
  if (available) record.truth("available", *available);
  return record;
}

void put_names(lab::JsonRecord& record, const char* key, const std::vector<std::string>& names) {
  record.list(key, names, [](const std::string& name, std::string& to) { lab::append_quoted(to, name); });
}

Result<> show_json(const std::vector<lab::ProgramTypeFeature>& programs,
                   const std::vector<lab::MapTypeFeature>& maps, const std::vector<std::string>& functions) {
  sink::OutputBuffer output(STDOUT_FILENO);
  for (const lab::ProgramTypeFeature& one : programs) {
    lab::JsonRecord record = record_of("program_type", one.name, one.since, one.available);
    put_names(record, "helpers", one.helpers);
    output.append(record.line());
  }
  for (const lab::MapTypeFeature& one : maps)
    output.append(record_of("map_type", one.name, one.since, one.available).line());
  for (const std::string& name : functions)
    output.append(lab::JsonRecord().text("object", "kernel_function").text("name", name).line());
  return output.flush();
}

Result<> show_helpers(const lab::ProgramTypeFeature& program, bool colour) {
  sink::OutputBuffer output(STDOUT_FILENO);
  output.append(program.name + ": " + word_for(program.available) + ", since Linux " +
                std::string(program.since) +
                (program.available.value_or(false) && !program.helpers_known
                     ? "; its helpers cannot be asked for without a target to attach to\n"
                     : "\n"));
  sink::TextTable table({{"HELPER"}, {"SINCE", true}});
  for (const std::string& name : program.helpers)
    table.add_row({{name}, {std::string(lab::helper_since(name))}});
  if (!program.helpers.empty()) table.write_to(output, colour);
  return output.flush();
}

Result<> show_tables(const std::vector<lab::ProgramTypeFeature>& programs,
                     const std::vector<lab::MapTypeFeature>& maps, size_t functions, bool colour) {
  sink::OutputBuffer output(STDOUT_FILENO);
  sink::TextTable program_table({{"PROGRAM TYPE"}, {"HERE"}, {"SINCE", true}, {"HELPERS", true}});
  for (const lab::ProgramTypeFeature& one : programs)
    program_table.add_row({{one.name},
                           cell_for(one.available),
                           {std::string(one.since)},
                           {one.helpers_known ? std::to_string(one.helpers.size()) : ""}});
  program_table.write_to(output, colour);
  sink::TextTable map_table({{"MAP TYPE"}, {"HERE"}, {"SINCE", true}});
  for (const lab::MapTypeFeature& one : maps)
    map_table.add_row({{one.name}, cell_for(one.available), {std::string(one.since)}});
  output.append("\n");
  map_table.write_to(output, colour);
  output.append("\nkernel functions that programs may call: " +
                (functions != 0 ? std::to_string(functions) : "not told by this kernel's BTF (Linux 6.9)") +
                '\n');
  return output.flush();
}

}  // namespace

Result<> lab_features(const LabOptions& options) {
  const auto programs = lab::probe_program_types(options.program);
  if (!programs) return tl::unexpected<base::Error>(programs.error());
  const bool colour = options.colour && isatty(STDOUT_FILENO) == 1;
  if (!options.program.empty())
    return options.output == LabOutput::json ? show_json(*programs, {}, {})
                                             : show_helpers(programs->front(), colour);
  const auto maps = lab::probe_map_types();
  if (!maps) return tl::unexpected<base::Error>(maps.error());
  const auto functions = lab::kernel_functions();
  if (options.output == LabOutput::json) return show_json(*programs, *maps, functions);
  return show_tables(*programs, *maps, functions.size(), colour);
}

}  // namespace weir::app
