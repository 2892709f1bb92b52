// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "app/lab_check_report.h"
#include "lab/verifier_walk.h"
#include "sink/human_text.h"
#include "sink/text_table.h"

namespace weir::app {
namespace {

using sink::Style;

constexpr size_t kWidth = 100;
constexpr size_t kIndent = 12;
constexpr size_t kMostWarningsShown = 20;

/// A path below the folder that we are in, from there.
std::string short_path(const std::string& path) {
  std::error_code problem;
  const std::string here = std::filesystem::current_path(problem).string() + "/";
  return path.starts_with(here) ? path.substr(here.size()) : path;
}

std::string place_text(const lab::SourcePlace& place) {
  std::string text = short_path(place.file) + ":" + std::to_string(place.line);
  if (place.column != 0) text += ":" + std::to_string(place.column);
  return text;
}

std::string stack_text(const lab::LogCounts& counts) {
  std::string text;
  for (const uint32_t bytes : counts.stack_bytes) text += (text.empty() ? "" : "+") + std::to_string(bytes);
  return text;
}

class Report {
 public:
  Report(const config::LabCheckOptions& options, sink::OutputBuffer& output)
      : output_(output), colour_(options.colour && isatty(STDOUT_FILENO) == 1) {}

  void head(const std::string& name, const lab::CheckedFile& file) {
    std::string text = name;
    if (!file.compiles()) {
      text += ": does not compile";
    } else {
      text += ": " + std::to_string(file.programs.size()) +
              (file.programs.size() == 1 ? " program" : " programs");
      text += file.license.empty() ? ", no licence" : ", licence " + file.license;
    }
    styled(Style::bold, text);
    output_.append("\n");
  }

  void messages(const std::vector<lab::ClangMessage>& messages) {
    for (const lab::ClangMessage& message : messages) {
      line("  " + clang_message_line(message));
      for (const lab::ClangMessage& note : message.notes) line("    " + clang_message_line(note));
    }
  }

  void table(const lab::CheckedFile& file) {
    sink::TextTable table({{"  PROGRAM"},
                           {"SECTION"},
                           {"TYPE"},
                           {"INSTRUCTIONS", true},
                           {"VERIFIED", true},
                           {"STACK", true},
                           {"VERDICT"}});
    for (const lab::CheckedProgram& program : file.programs) {
      const bool counted = program.counts.verified_instructions > 0;
      table.add_row({{"  " + sink::printable(program.trial.name), Style::bold},
                     {sink::printable(program.trial.section)},
                     {program.trial.type == BPF_PROG_TYPE_UNSPEC ? "" : lab::type_name(program.trial.type)},
                     {std::to_string(program.trial.instructions)},
                     {counted ? std::to_string(program.counts.verified_instructions) : ""},
                     {stack_text(program.counts)},
                     {verdict(program), program.accepted() ? Style::plain : Style::alarm}});
    }
    table.write_to(output_, colour_);
  }

  void explain(const lab::CheckedProgram& program) {
    const lab::Explanation& explanation = *program.explanation;
    output_.append("\n");
    styled(Style::bold,
           program.trial.name + " is refused: " + std::string(refusal_name(explanation.refusal.kind)));
    output_.append("\n");
    if (explanation.place) {
      line("  " + place_text(*explanation.place) +
           (explanation.place->function.empty() || explanation.place->function == program.trial.name
                ? ""
                : ", in " + explanation.place->function));
      if (!explanation.place->text.empty()) line("      " + explanation.place->text);
    }
    warnings(program);
    for (const lab::SourcePlace& check : program.deleted_checks)
      entry("deleted",
            "clang took out the check `" + check.text + "` at " + place_text(check) +
                ": the pointer is used before it, so C allows clang to conclude that it is not NULL there. "
                "Check first.");
    bool first = true;
    for (const lab::KnownRegister& known : explanation.known) {
      entry(first ? "known" : "", known.name + " is " + known.words);
      first = false;
    }
    first = true;
    for (const std::string& detail : explanation.details) {
      entry(first ? "here" : "", detail);
      first = false;
    }
    entry("rule", explanation.rule);
    entry("cure", explanation.cure);
    if (explanation.refusal.verdict.empty()) return;
    std::string words = explanation.refusal.verdict;
    if (explanation.instruction && !explanation.instruction_text.empty())
      words += "  [" + std::to_string(*explanation.instruction) + ": " + explanation.instruction_text + "]";
    entry(program.trial.end == lab::TrialEnd::refused ? "verifier" : "kernel", words);
  }

  void log(const lab::CheckedProgram& program) {
    output_.append("\n");
    styled(Style::bold, "the verifier's own words on " + program.trial.name);
    output_.append("\n");
    std::string_view rest = program.trial.log;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      line("    " + std::string(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void walk(const lab::CheckedProgram& program) {
    output_.append("\n");
    styled(Style::bold, "the verifier's way through " + program.trial.name);
    output_.append("\n");
    const auto summary = write_walk(program.trial, [&](std::string_view text) { line(std::string(text)); });
    line(std::to_string(summary.instructions) + " steps; " + std::to_string(summary.joined) +
         " ways taken up again at a branch; " + std::to_string(summary.pruned) +
         " ended where all was seen before");
    if (program.trial.log_cut)
      line("the log is larger than " + std::to_string((lab::kMostLogBytes >> 20) + 1) +
           " MiB, the most that the kernel is asked for: a part of it is missing");
  }

  void note(const std::string& word, const std::string& text) { entry(word, text); }

 private:
  static std::string verdict(const lab::CheckedProgram& program) {
    if (!program.accepted())
      return "refused: " + std::string(refusal_name(program.explanation->refusal.kind));
    return program.target_note.empty() ? "accepted" : "accepted, but cannot attach here";
  }

  void warnings(const lab::CheckedProgram& program) {
    bool first = true;
    size_t shown = 0;
    for (const lab::ClangMessage& warning : program.warnings) {
      if (shown++ == kMostWarningsShown) break;
      entry(first ? "clang" : "", clang_message_line(warning));
      first = false;
    }
  }

  void line(const std::string& text) {
    output_.append(sink::printable(text));
    output_.append("\n");
  }

  void styled(Style style, const std::string& text) {
    if (colour_) output_.append(style_begin(style));
    output_.append(sink::printable(text));
    if (colour_) output_.append(sink::kStyleEnd);
  }

  /// "  word      text", the text in lines of kWidth.
  void entry(const std::string& word, std::string_view text) {
    if (text.empty()) return;
    std::string head = "  " + word;
    head.resize(kIndent, ' ');
    if (colour_) output_.append(style_begin(Style::dim));
    output_.append(head);
    if (colour_) output_.append(sink::kStyleEnd);
    while (true) {
      size_t end = text.size();
      if (kIndent + end > kWidth) {
        end = text.rfind(' ', kWidth - kIndent);
        if (end == std::string_view::npos || end == 0) end = std::min(text.find(' '), text.size());
      }
      line(std::string(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (text.empty()) return;
      output_.append(std::string(kIndent, ' '));
    }
  }

  sink::OutputBuffer& output_;
  bool colour_;
};

/// Those that no refused program has; they stand with those.
std::vector<lab::ClangMessage> other_messages(const lab::CheckedFile& file) {
  std::vector<lab::ClangMessage> others;
  for (const lab::ClangMessage& message : file.compilation.messages) {
    const bool told =
        std::any_of(file.programs.begin(), file.programs.end(), [&](const lab::CheckedProgram& program) {
          return !program.accepted() && std::any_of(program.warnings.begin(), program.warnings.end(),
                                                    [&](const lab::ClangMessage& warning) {
                                                      return warning.line == message.line &&
                                                             warning.text == message.text;
                                                    });
        });
    if (!told) others.push_back(message);
  }
  return others;
}

}  // namespace

void write_check_text(const std::string& name, const lab::CheckedFile& file,
                      const config::LabCheckOptions& options, sink::OutputBuffer& output) {
  Report report(options, output);
  report.head(name, file);
  report.messages(other_messages(file));
  if (!file.advice.empty()) report.note("cure", file.advice);
  if (file.programs.empty()) return;
  report.table(file);
  for (const lab::CheckedProgram& program : file.programs) {
    if (!program.accepted()) report.explain(program);
    if (!program.target_note.empty()) {
      if (program.accepted()) output.append("\n");
      report.note("attach", (program.accepted() ? program.trial.name + ": " : "") + program.target_note);
    }
    if (program.accepted() && options.walk) report.walk(program);
    if (options.log) report.log(program);
  }
}

}  // namespace weir::app
