// SPDX-License-Identifier: Apache-2.0
#include "app/lab_check_report.h"
#include "lab/json_record.h"
#include "lab/value_printer.h"
#include "lab/verifier_walk.h"

namespace weir::app {
namespace {

using lab::JsonRecord;

void add_place(JsonRecord& record, const lab::SourcePlace& place) {
  record.text("file", place.file).number("line", place.line).some("column", place.column);
  record.text("function", place.function).text("text", place.text);
}

std::string message_record(const lab::ClangMessage& message) {
  constexpr const char* kSeverities[] = {"note", "warning", "error"};
  JsonRecord record;
  record.text("severity", kSeverities[static_cast<size_t>(message.severity)]);
  record.text("file", message.file).some("line", message.line).some("column", message.column);
  record.text("message", message.text).text("option", message.option);
  record.list("notes", message.notes,
              [](const lab::ClangMessage& note, std::string& to) { to += message_record(note); });
  return record.object();
}

void add_messages(JsonRecord& record, const char* key, const std::vector<lab::ClangMessage>& messages) {
  record.list(key, messages,
              [](const lab::ClangMessage& message, std::string& to) { to += message_record(message); });
}

std::string refusal_record(const lab::CheckedProgram& program) {
  const lab::Explanation& explanation = *program.explanation;
  JsonRecord record;
  record.text("kind", refusal_name(explanation.refusal.kind));
  if (explanation.place) {
    JsonRecord place;
    add_place(place, *explanation.place);
    record.raw("place", place.object());
  }
  if (explanation.instruction) record.number("instruction", *explanation.instruction);
  record.text("instruction_text", explanation.instruction_text);
  record.list("known", explanation.known, [](const lab::KnownRegister& known, std::string& to) {
    to +=
        JsonRecord().text("name", known.name).text("value", known.value).text("words", known.words).object();
  });
  record.list("details", explanation.details,
              [](const std::string& detail, std::string& to) { lab::append_quoted(to, detail); });
  record.list("deleted_checks", program.deleted_checks, [](const lab::SourcePlace& place, std::string& to) {
    JsonRecord check;
    add_place(check, place);
    to += check.object();
  });
  record.text("rule", explanation.rule)
      .text("cure", explanation.cure)
      .text("verdict", explanation.refusal.verdict);
  record.some("errno", static_cast<uint64_t>(program.trial.system_errno));
  return record.object();
}

}  // namespace

void write_check_json(const std::string& name, const lab::CheckedFile& file,
                      const config::LabCheckOptions& options, sink::OutputBuffer& output) {
  JsonRecord head;
  head.text("type", "lab.check.file").text("file", name).truth("compiles", file.compiles());
  head.text("license", file.license).text("clang", file.compilation.clang).text("cure", file.advice);
  add_messages(head, "messages", file.compilation.messages);
  output.append(head.line());
  for (const lab::CheckedProgram& program : file.programs) {
    if (program.accepted() && options.walk)
      lab::write_walk_json(program.trial, [&](std::string_view record) {
        output.append(record);
        output.append("\n");
      });
    JsonRecord record;
    record.text("type", "lab.check.program").text("file", name).text("program", program.trial.name);
    record.text("section", program.trial.section);
    if (program.trial.type != BPF_PROG_TYPE_UNSPEC)
      record.text("program_type", lab::type_name(program.trial.type));
    record.number("instructions", program.trial.instructions);
    record.some("verified_instructions", program.counts.verified_instructions);
    record.numbers("stack_bytes", program.counts.stack_bytes);
    record.some("total_states", program.counts.total_states);
    record.truth("accepted", program.accepted());
    add_messages(record, "warnings", program.warnings);
    record.text("attach_note", program.target_note);
    if (program.trial.log_cut) record.truth("log_cut", true);
    if (!program.accepted()) record.raw("refusal", refusal_record(program));
    if (options.log) record.text("log", program.trial.log);
    output.append(record.line());
  }
}

}  // namespace weir::app
