// SPDX-License-Identifier: Apache-2.0
#include "lab/verifier_walk.h"

#include "lab/explanation.h"
#include "lab/json_record.h"
#include "lab/register_words.h"
#include "lab/verifier_log.h"

namespace weir::lab {
namespace {

std::string_view file_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string words_of(const KnownValue& known) {
  return known.name.starts_with("fp-") ? describe_stack(known.value) : describe_known(known.value);
}

void add_known(const LogStep& step, const std::function<void(std::string_view)>& line) {
  for (const KnownValue& known : known_values(step.known)) {
    if (known.name == "R10") continue;
    std::string text = "            " + std::string(known.name);
    text.resize(std::max<size_t>(text.size(), 20), ' ');
    if (known.name == "refs" || known.name == "cb" || known.value.empty())
      text += std::string(known.name) + (known.value.empty() ? "" : "=" + std::string(known.value));
    else
      text += words_of(known);
    line(text);
  }
}

std::string numbered(uint32_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), ' ');
  return digits;
}

void count(const LogStep& step, WalkSummary& summary) {
  if (step.kind == LogKind::instruction) ++summary.instructions;
  if (step.kind == LogKind::joined || (step.kind == LogKind::pruned && step.from != 0)) ++summary.joined;
  if (step.kind == LogKind::pruned) ++summary.pruned;
}

/// Tells the source line where the way comes to another one.
class SourceTeller {
 public:
  explicit SourceTeller(const TrialProgram& program) : program_(program) {}

  /// Nothing where the line is the same as before, or not known.
  std::optional<SourcePlace> at(uint32_t instruction) {
    auto place = place_of(program_, instruction);
    if (!place || (place->line == line_ && place->file == file_)) return std::nullopt;
    line_ = place->line;
    file_ = place->file;
    return place;
  }

 private:
  const TrialProgram& program_;
  std::string file_;
  uint32_t line_ = 0;
};

}  // namespace

WalkSummary write_walk(const TrialProgram& program, const std::function<void(std::string_view)>& line) {
  WalkSummary summary;
  SourceTeller source(program);
  VerifierLogReader reader(program.log);
  LogKind before = LogKind::message;
  while (const auto step = reader.next()) {
    count(*step, summary);
    switch (step->kind) {
      case LogKind::instruction:
        if (const auto place = source.at(step->number))
          line(std::string(file_name(place->file)) + ":" + std::to_string(place->line) + "  " + place->text);
        line(numbered(step->number) + "  " + std::string(step->text));
        add_known(*step, line);
        break;
      case LogKind::state:
        if (before == LogKind::joined) break;  // says the same
        line(numbered(step->number) + "  known here:");
        add_known(*step, line);
        break;
      case LogKind::joined:
        line("-- the other way from " + std::to_string(step->from) + ", on at " +
             std::to_string(step->number) + ":");
        add_known(*step, line);
        break;
      case LogKind::pruned:
        if (step->from != 0)
          line("-- the other way from " + std::to_string(step->from) + ", on at " +
               std::to_string(step->number) + ":");
        line(numbered(step->number) + "  seen before with no more known: this way ends");
        break;
      case LogKind::call:
        if (!step->text.empty()) line("-- " + std::string(step->text));
        add_known(*step, line);
        break;
      case LogKind::message:
        line("!! " + std::string(step->text));
        break;
      case LogKind::source:
      case LogKind::precision:
      case LogKind::function:
      case LogKind::count:
        break;
    }
    before = step->kind;
  }
  return summary;
}

WalkSummary write_walk_json(const TrialProgram& program,
                            const std::function<void(std::string_view)>& record) {
  WalkSummary summary;
  VerifierLogReader reader(program.log);
  while (const auto step = reader.next()) {
    count(*step, summary);
    const char* action = nullptr;
    if (step->kind == LogKind::instruction) action = "instruction";
    if (step->kind == LogKind::state) action = "state";
    if (step->kind == LogKind::joined) action = "joined";
    if (step->kind == LogKind::pruned) action = "pruned";
    if (step->kind == LogKind::call) action = "call";
    if (!action) continue;
    JsonRecord json;
    json.text("type", "lab.check.step").text("program", program.name).text("action", action);
    if (step->kind != LogKind::call) json.number("instruction", step->number);
    if (step->kind == LogKind::joined || step->from != 0) json.number("from", step->from);
    json.text("text", step->text);
    if (step->kind == LogKind::instruction)
      if (const auto place = place_of(program, step->number))
        json.text("file", place->file).number("line", place->line);
    json.some("frame", step->frame);
    json.list("known", known_values(step->known), [](const KnownValue& known, std::string& to) {
      JsonRecord value;
      value.text("name", known.name).text("value", known.value).text("words", words_of(known));
      to += value.object();
    });
    record(json.object());
  }
  return summary;
}

}  // namespace weir::lab
