// SPDX-License-Identifier: Apache-2.0
// `weir lab dump`: instructions, machine code, control flow.
#include <unistd.h>

#include <cstdio>

#include "app/lab_commands.h"
#include "app/lab_object.h"
#include "bytecode/flow_graph.h"
#include "lab/code_listing.h"
#include "lab/json_record.h"
#include "lab/program_code.h"
#include "sink/human_text.h"
#include "sink/output_buffer.h"

namespace weir::app {
namespace {

using base::Result;
using config::LabOptions;
using config::LabOutput;

Result<std::vector<lab::ProgramCode>> read_code(const LabOptions& options) {
  if (names_object_file(options.object)) return lab::code_of_object(options.object[0]);
  const auto program = open_program(options.object);
  if (!program) return tl::unexpected<base::Error>(program.error());
  auto code = lab::code_of_program(program->get());
  if (!code) return tl::unexpected<base::Error>(std::move(code.error()));
  std::vector<lab::ProgramCode> all;
  all.push_back(std::move(*code));
  return all;
}

class Dump {
 public:
  explicit Dump(const LabOptions& options) : options_(options), output_(STDOUT_FILENO) {}

  void instructions(const lab::ProgramCode& code) {
    size_t function = 0;
    const lab::SourceLine* last = nullptr;
    for (const lab::ListedInstruction& line : lab::list_instructions(code)) {
      while (function + 1 < code.functions.size() && code.functions[function + 1].first <= line.index)
        ++function;
      const std::string& name = code.functions[function].name;
      const lab::SourceLine* source = options_.source_lines ? code.lines.at(line.index) : nullptr;
      if (options_.output == LabOutput::json) {
        lab::JsonRecord record;
        record.text("object", "instruction").text("program", code.name).text("function", name);
        record.number("index", line.index).text("disasm", line.text).text("map", line.map);
        put_source(record, source);
        output_.append(record.line());
        continue;
      }
      if (line.index == code.functions[function].first) title(code, name, function == 0);
      if (source != nullptr && source->line != 0 && !is_same(source, last))
        output_.append(source_text(*source));
      last = source;
      char number[16];
      std::snprintf(number, sizeof number, "%4u: ", line.index);
      output_.append(number + line.text + (line.map.empty() ? "" : "  ; " + sink::printable(line.map)) +
                     '\n');
    }
  }

  Result<> machine_code(const lab::ProgramCode& code) {
    if (code.machine.empty())
      return base::fail(code.from_kernel ? base::ErrorKind::permission : base::ErrorKind::bad_input,
                        code.from_kernel
                            ? "no machine code is to be seen: the program is interpreted "
                              "(net.core.bpf_jit_enable), or CAP_SYSLOG is missing (kernel.kptr_restrict)"
                            : "an object file has no machine code: the kernel makes it of loaded programs");
    size_t next_line = 0;
    const lab::SourceLine* last = nullptr;
    for (size_t i = 0; i < code.functions.size(); ++i) {
      const auto lines = lab::list_machine_code(code, i);
      if (!lines) return tl::unexpected<base::Error>(lines.error());
      if (options_.output != LabOutput::json) title(code, code.functions[i].name, i == 0);
      for (const lab::MachineInstruction& line : *lines) {
        const lab::SourceLine* source = nullptr;
        while (next_line < code.machine_lines.size() &&
               code.machine_lines[next_line].address <= line.address) {
          if (code.machine_lines[next_line].line < code.lines.lines().size() && options_.source_lines)
            source = &code.lines.lines()[code.machine_lines[next_line].line];
          ++next_line;
        }
        if (options_.output == LabOutput::json)
          machine_record(code, code.functions[i], line, source);
        else
          machine_line(code.functions[i], line,
                       source != nullptr && is_same(source, last) ? nullptr : source);
        if (source != nullptr) last = source;
      }
    }
    return {};
  }

  void graph(const lab::ProgramCode& code) {
    const auto functions = bytecode::flow_graph(code.instructions);
    const auto lines = lab::list_instructions(code);
    std::vector<std::string> texts(code.instructions.size());
    for (const lab::ListedInstruction& line : lines)
      texts[line.index] = std::to_string(line.index) + ": " + line.text;
    output_.append(bytecode::graph_text(
        code.instructions, functions, [&](uint32_t at) { return texts[at]; },
        [&](uint32_t number) {
          for (const lab::CodeFunction& function : code.functions)
            if (function.first == functions[number].begin) return function.name;
          return std::string("function at ") + std::to_string(functions[number].begin);
        }));
  }

  Result<> finish() { return output_.flush(); }

 private:
  void title(const lab::ProgramCode& code, const std::string& function, bool first) {
    if (titles_++ != 0) output_.append("\n");
    output_.append(sink::printable(function.empty() ? "function" : function) +
                   (first && !code.type.empty() ? " (" + sink::printable(code.type) + ")" : "") + ":\n");
  }

  static bool is_same(const lab::SourceLine* a, const lab::SourceLine* b) {
    return b != nullptr && a->line == b->line && a->file == b->file;
  }

  static std::string source_text(const lab::SourceLine& source) {
    std::string text = "; " + sink::printable(source.text);
    if (!source.file.empty())
      text += "  // " + sink::printable(source.file.substr(source.file.rfind('/') + 1)) + ':' +
              std::to_string(source.line);
    return text + '\n';
  }

  static void put_source(lab::JsonRecord& record, const lab::SourceLine* source) {
    if (source == nullptr || source->line == 0) return;  // made by the compiler
    lab::JsonRecord inner;
    inner.text("file", source->file).some("line", source->line).some("column", source->column);
    record.raw("source", inner.text("text", source->text).object());
  }

  void machine_record(const lab::ProgramCode& code, const lab::CodeFunction& function,
                      const lab::MachineInstruction& line, const lab::SourceLine* source) {
    lab::JsonRecord record;
    record.text("object", "machine_instruction").text("program", code.name).text("function", function.name);
    record.number("offset", line.address - function.address).some("address", line.address);
    record.text("bytes", line.bytes).text("disasm", line.text).text("callee", line.callee);
    put_source(record, source);
    output_.append(record.line());
  }

  void machine_line(const lab::CodeFunction& function, const lab::MachineInstruction& line,
                    const lab::SourceLine* source) {
    if (source != nullptr) output_.append(source_text(*source));
    char number[24];
    std::snprintf(number, sizeof number,
                  "%5llx: ", static_cast<unsigned long long>(line.address - function.address));
    output_.append(number + line.text + (line.callee.empty() ? "" : "  ; " + line.callee) + '\n');
  }

  const LabOptions& options_;
  sink::OutputBuffer output_;
  int titles_ = 0;
};

}  // namespace

Result<> lab_dump(const LabOptions& options) {
  const auto all = read_code(options);
  if (!all) return tl::unexpected<base::Error>(all.error());
  if (all->empty()) return base::fail(base::ErrorKind::bad_input, options.object[0] + " has no programs");
  Dump dump(options);
  for (const lab::ProgramCode& code : *all) {
    if (options.graph) {
      dump.graph(code);
    } else if (options.machine_code) {
      if (auto done = dump.machine_code(code); !done) return done;
    } else {
      dump.instructions(code);
    }
  }
  return dump.finish();
}

}  // namespace weir::app
