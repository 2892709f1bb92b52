// SPDX-License-Identifier: Apache-2.0
// `weir lab show`: all about one program, or about an object file.
#include <unistd.h>

#include <cstdio>

#include "app/lab_commands.h"
#include "app/lab_object.h"
#include "app/lab_records.h"
#include "lab/object_reference.h"
#include "lab/object_summary.h"
#include "lab/program_code.h"
#include "lab/value_printer.h"
#include "sink/human_text.h"
#include "sink/output_buffer.h"
#include "sink/text_table.h"

namespace weir::app {
namespace {

using base::Result;
using config::LabOptions;
using config::LabOutput;
using lab::ObjectKind;

/// "  word         text", nothing where there is no text.
std::string row(const char* word, const std::string& text) {
  if (text.empty()) return {};
  char begin[32];
  std::snprintf(begin, sizeof begin, "  %-12s ", word);
  return begin + sink::printable(text) + '\n';
}

std::vector<lab::LinkDetails> links_of(uint32_t program) {
  std::vector<lab::LinkDetails> links;
  const auto ids = lab::object_ids(ObjectKind::link);
  if (!ids) return links;
  for (const uint32_t id : *ids)
    if (const auto fd = lab::open_id(ObjectKind::link, id))
      if (auto link = lab::link_details(fd->get()); link && link->program == program)
        links.push_back(std::move(*link));
  return links;
}

std::string shown_maps(const std::vector<uint32_t>& ids) {
  std::string text;
  for (const uint32_t id : ids) {
    text += (text.empty() ? "" : ", ") + std::to_string(id);
    if (const auto fd = lab::open_id(ObjectKind::map, id))
      if (const auto info = lab::map_info(fd->get())) text += " " + info->name + " (" + info->type_name + ")";
  }
  return text;
}

std::string program_text(const lab::ProgramDetails& one, const Result<lab::ProgramCode>& code,
                         const std::vector<lab::LinkDetails>& links, const lab::Held& held) {
  std::string text = "program " + std::to_string(one.id) + " " + sink::printable(one.name) + '\n';
  text += row("type", one.type_name) + row("tag", one.tag);
  text += row("licence", one.gpl_compatible ? "GPL compatible" : "not GPL compatible");
  text += row("loaded", seconds_text(one.loaded_unix_ns) + " UTC by uid " + std::to_string(one.user));
  text += row("code", std::to_string(one.xlated_bytes) + " bytes of eBPF" +
                          (one.jited_bytes != 0 ? ", " + std::to_string(one.jited_bytes) + " of machine code"
                                                : ", interpreted") +
                          (one.verified_instructions != 0
                               ? "; the verifier walked " + std::to_string(one.verified_instructions) +
                                     " instructions"
                               : ""));
  text += row("memory", sink::human_bytes(one.memory_bytes)) + row("maps", shown_maps(one.maps));
  if (one.btf_id != 0) text += row("BTF", std::to_string(one.btf_id));
  std::string functions;
  if (code)
    for (const lab::CodeFunction& function : code->functions)
      functions += (functions.empty() ? "" : ", ") + function.name;
  text += row("functions", functions);
  for (const lab::LinkDetails& link : links)
    text += row("attached",
                describe_place(link) + " (link " + std::to_string(link.id) + ", " + link.type_name + ")");
  if (one.runs != 0)
    text += row("runs", std::to_string(one.runs) + ", " + std::to_string(one.run_time_ns / one.runs) +
                            " ns each, while they were counted");
  if (one.recursion_misses != 0)
    text += row("missed", std::to_string(one.recursion_misses) + " runs: it ran already");
  return text + row("held by", shown_holders(held));
}

Result<> show_program(const LabOptions& options) {
  const auto fd = open_program(options.object);
  if (!fd) return tl::unexpected<base::Error>(fd.error());
  const auto details = lab::program_details(fd->get());
  if (!details) return tl::unexpected<base::Error>(details.error());
  const auto code = lab::code_of_program(fd->get());
  const auto links = links_of(details->id);
  const auto holders = lab::ObjectHolders::find();
  const lab::Held& held = holders.of(ObjectKind::program, details->id);
  sink::OutputBuffer output(STDOUT_FILENO);
  if (options.output != LabOutput::json) {
    output.append(program_text(*details, code, links, held));
    return output.flush();
  }
  std::string places;
  for (const lab::LinkDetails& link : links) places += (places.empty() ? "" : "; ") + describe_place(link);
  lab::JsonRecord record = program_record(*details, held, places);
  if (code)
    record.list("functions", code->functions, [](const lab::CodeFunction& function, std::string& to) {
      lab::append_quoted(to, function.name);
    });
  record.list("links", links,
              [](const lab::LinkDetails& link, std::string& to) { to += link_record(link, {}).object(); });
  output.append(record.line());
  return output.flush();
}

std::string object_json(const std::string& path, const lab::ObjectSummary& summary) {
  lab::JsonRecord record;
  record.text("object", "object_file").text("path", path).text("license", summary.license);
  record.text("endianness", summary.little_endian ? "little" : "big").truth("btf", summary.has_btf);
  record.some("types", summary.types);
  record.list("programs", summary.programs, [](const lab::ObjectProgram& one, std::string& to) {
    lab::JsonRecord inner;
    inner.text("name", one.name).text("section", one.section).text("type", one.type);
    to += inner.text("attach_type", one.attach_type).number("instructions", one.instructions).object();
  });
  record.list("maps", summary.maps, [](const lab::ObjectMap& one, std::string& to) {
    lab::JsonRecord inner;
    inner.text("name", one.name).text("type", one.type).number("bytes_key", one.key_bytes);
    inner.number("bytes_value", one.value_bytes)
        .number("max_entries", one.max_entries)
        .number("flags", one.flags);
    to +=
        inner.text("key_type", one.key_type).text("value_type", one.value_type).text("pin", one.pin).object();
  });
  record.list("globals", summary.globals, [](const lab::ObjectGlobal& one, std::string& to) {
    lab::JsonRecord inner;
    inner.text("section", one.section).text("name", one.name).text("type", one.type);
    if (!one.json.empty()) inner.raw("value", one.json);
    to += inner.object();
  });
  return record.line();
}

Result<> show_object(const LabOptions& options) {
  const auto summary = lab::summarize_object(options.object[0]);
  if (!summary) return tl::unexpected<base::Error>(summary.error());
  sink::OutputBuffer output(STDOUT_FILENO);
  if (options.output == LabOutput::json) {
    output.append(object_json(options.object[0], *summary));
    return output.flush();
  }
  const bool colour = options.colour && isatty(STDOUT_FILENO) == 1;
  output.append(
      "object file " + options.object[0] + '\n' +
      row("licence", summary->license.empty() ? "none: GPL-only helpers are refused" : summary->license) +
      row("byte order", summary->little_endian ? "little-endian" : "big-endian") +
      row("BTF", summary->has_btf ? std::to_string(summary->types) + " types" : "none: compile with -g"));
  sink::TextTable programs({{"PROGRAM"}, {"SECTION"}, {"TYPE"}, {"INSTRUCTIONS", true}});
  for (const lab::ObjectProgram& one : summary->programs)
    programs.add_row(
        {{one.name, sink::Style::bold}, {one.section}, {one.type}, {std::to_string(one.instructions)}});
  sink::TextTable maps({{"MAP"}, {"TYPE"}, {"ENTRIES", true}, {"KEY"}, {"VALUE"}});
  for (const lab::ObjectMap& one : summary->maps)
    maps.add_row({{one.name, sink::Style::bold},
                  {one.type},
                  {std::to_string(one.max_entries)},
                  {one.key_type.empty() ? std::to_string(one.key_bytes) + " bytes" : one.key_type},
                  {one.value_type.empty() ? std::to_string(one.value_bytes) + " bytes" : one.value_type}});
  sink::TextTable globals({{"GLOBAL"}, {"SECTION"}, {"TYPE"}, {"FIRST VALUE"}});
  constexpr size_t kShownValue = 80;
  for (const lab::ObjectGlobal& one : summary->globals)
    globals.add_row({{one.name, sink::Style::bold},
                     {one.section},
                     {one.type},
                     {one.text.size() > kShownValue ? one.text.substr(0, kShownValue) + "..." : one.text}});
  for (const auto& [table, rows] :
       {std::pair{&programs, summary->programs.size()}, std::pair{&maps, summary->maps.size()},
        std::pair{&globals, summary->globals.size()}}) {
    if (rows == 0) continue;
    output.append("\n");
    table->write_to(output, colour);
  }
  return output.flush();
}

}  // namespace

Result<> lab_show(const LabOptions& options) {
  return names_object_file(options.object) ? show_object(options) : show_program(options);
}

}  // namespace weir::app
