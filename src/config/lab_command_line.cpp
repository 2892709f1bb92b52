// SPDX-License-Identifier: Apache-2.0
#include "config/lab_command_line.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "config/lab_check_command.h"
#include "config/lab_help.h"
#include "config/lab_run_command.h"
#include "config/option_parser.h"
#include "config/option_values.h"

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

/// The options' words, before they mean something.
struct Words {
  std::string output, sort, interval, count, type_name, by, rows, program;
  bool watch = false, bytecode = false, jit = false, cfg = false, no_source = false, header = false,
       per_cpu = false, no_colour = false;
  int verbosity = 0;
};

void add_list(OptionParser& parser, Words& words) {
  parser.flag("--watch", words.watch, "programs as a live table: calls, time a call, share of a CPU");
  parser.word("--sort", words.sort, "KEY", "order of --watch: cpu (default), calls, time, id or name");
  parser.word("--interval", words.interval, "TIME", "the live table's pace (default 2s)");
  parser.word("-c", words.count, "N", "end after N tables");
}

void add_dump(OptionParser& parser, Words& words) {
  parser.flag("--bytecode", words.bytecode, "eBPF instructions, as the kernel rewrote them (default)");
  parser.flag("--jit", words.jit, "machine code");
  parser.flag("--cfg", words.cfg, "the control flow as a graph for dot(1)");
  parser.flag("--no-source", words.no_source, "without the lines of source that stand beside");
}

void add_btf(OptionParser& parser, Words& words) {
  parser.flag("--header", words.header, "as a C header");
  parser.word("--type", words.type_name, "NAME", "this type alone, with what lies where in it");
}

void add_map(OptionParser& parser, Words& words) {
  parser.flag("--per-cpu", words.per_cpu, "each CPU's value, not their sum");
  parser.word("--by", words.by, "NAME", "of top: the number to sort by (default: the value's first)");
  parser.word("--top", words.rows, "N", "of top: so many entries (default 10)");
  parser.word("--interval", words.interval, "TIME", "the pace of top and watch (default 2s)");
  parser.word("-c", words.count, "N", "of top and watch: end after N readings");
}

void add_options(LabCommand command, OptionParser& parser, Words& words) {
  parser.group("OPTIONS");
  switch (command) {
    case LabCommand::list:
      add_list(parser, words);
      break;
    case LabCommand::show:
      break;
    case LabCommand::dump:
      add_dump(parser, words);
      break;
    case LabCommand::btf:
      add_btf(parser, words);
      break;
    case LabCommand::map:
      add_map(parser, words);
      break;
    case LabCommand::log:
      parser.word("--prog", words.program, "PROG", "only what this program can have written");
      parser.word("-c", words.count, "N", "end after N lines");
      break;
    case LabCommand::features:
      parser.word("--prog", words.program, "TYPE", "helpers of this program type alone");
      break;
  }
  parser.group("OTHER");
  parser.word(
      "-o", words.output, "FORM",
      command == LabCommand::list ? "table (default), json, or names alone" : "table (default) or json");
  parser.flag("--no-color", words.no_colour, "no colours (NO_COLOR in the environment says the same)");
  parser.count("-v", words.verbosity, "say more; twice for libbpf's own words");
}

Result<> read_subject(const std::vector<std::string>& words, LabOptions& options) {
  if (words.empty()) return {};
  if (words.size() > 1) return base::fail(ErrorKind::bad_input, "takes no argument '" + words[1] + "'");
  return choose<LabSubject>(words[0], "list",
                            {{"progs", LabSubject::programs},
                             {"programs", LabSubject::programs},
                             {"maps", LabSubject::maps},
                             {"links", LabSubject::links},
                             {"net", LabSubject::net}},
                            options.subject);
}

/// How many of `words` name an object: "id 12" are two.
size_t object_words(const std::vector<std::string>& words) {
  const bool two = words.size() > 1 && (words[0] == "id" || words[0] == "name" || words[0] == "pinned");
  return std::min<size_t>(words.size(), two ? 2 : 1);
}

Result<> read_map_words(std::vector<std::string> words, LabOptions& options) {
  const size_t taken = object_words(words);
  if (taken == 0)
    return base::fail(ErrorKind::bad_input,
                      "which map? An id, a name or a pinned path; weir lab list maps shows all");
  options.object.assign(words.begin(), words.begin() + static_cast<ptrdiff_t>(taken));
  words.erase(words.begin(), words.begin() + static_cast<ptrdiff_t>(taken));
  if (words.empty()) return {};
  if (auto chosen = choose<LabMapAction>(words[0], "map",
                                         {{"dump", LabMapAction::dump},
                                          {"get", LabMapAction::get},
                                          {"set", LabMapAction::set},
                                          {"del", LabMapAction::erase},
                                          {"top", LabMapAction::top},
                                          {"watch", LabMapAction::watch}},
                                         options.action);
      !chosen)
    return chosen;
  const bool has_key = options.action == LabMapAction::get || options.action == LabMapAction::set ||
                       options.action == LabMapAction::erase;
  const size_t most = 1 + (has_key ? 1 : 0) + (options.action == LabMapAction::set ? 1 : 0);
  if (words.size() > most)
    return base::fail(ErrorKind::bad_input, words[0] + ": '" + words[most] +
                                                "' is too much; a value of several words stands in quotes");
  // A queue has no keys: its values are set and got by themselves.
  if (has_key && words.size() < (options.action == LabMapAction::set ? 2u : 1u))
    return base::fail(ErrorKind::bad_input,
                      words[0] + " needs a key and a value, as in: set 17 '{count: 0}'");
  if (options.action == LabMapAction::set && words.size() == 2) {
    options.value = words[1];
  } else {
    if (words.size() > 1) options.key = words[1];
    if (words.size() > 2) options.value = words[2];
  }
  if (has_key && options.action != LabMapAction::set && words.size() == 1)
    return base::fail(ErrorKind::bad_input, words[0] + " needs a key");
  return {};
}

Result<> read_object_words(LabCommand command, const std::vector<std::string>& words, LabOptions& options) {
  const size_t taken = object_words(words);
  if (words.size() > taken)
    return base::fail(ErrorKind::bad_input, "takes no argument '" + words[taken] + "'");
  const bool optional =
      command == LabCommand::btf || command == LabCommand::log || command == LabCommand::features;
  if (taken == 0 && !optional)
    return base::fail(
        ErrorKind::bad_input,
        "which one? An id, a name or a pinned path of a program, or an object file; weir lab list shows "
        "all");
  if (taken != 0 && (command == LabCommand::log || command == LabCommand::features))
    return base::fail(ErrorKind::bad_input, "takes no argument '" + words[0] + "'");
  options.object = words;
  return {};
}

Result<LabOptions> settle(LabCommand command, const Words& words, const std::vector<std::string>& others) {
  LabOptions options;
  options.command = command;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  options.colour = !words.no_colour && (no_color == nullptr || *no_color == '\0');
  options.verbosity = words.verbosity;
  options.watch = words.watch;
  options.bytecode = words.bytecode;
  options.machine_code = words.jit;
  options.graph = words.cfg;
  options.source_lines = !words.no_source;
  options.header = words.header;
  options.type_name = words.type_name;
  options.per_cpu = words.per_cpu;
  options.by = words.by;
  options.program = words.program;

  Result<> result;
  const auto failed = [&result](Result<> next) {
    result = std::move(next);
    return !result;
  };
  std::vector<std::pair<std::string_view, LabOutput>> outputs{{"table", LabOutput::table},
                                                              {"json", LabOutput::json}};
  if (command == LabCommand::list) outputs.emplace_back("names", LabOutput::names);
  if (failed(choose<LabOutput>(words.output, "-o", std::move(outputs), options.output)) ||
      failed(choose<std::string>(
          words.sort, "--sort",
          {{"cpu", "cpu"}, {"calls", "calls"}, {"time", "time"}, {"id", "id"}, {"name", "name"}},
          options.sort)) ||
      failed(read_duration(words.interval, "--interval", options.interval)) ||
      failed(read_number(words.count, "-c", UINT64_MAX, options.count)) ||
      failed(read_number(words.rows, "--top", 100'000, options.rows)) ||
      failed(command == LabCommand::list  ? read_subject(others, options)
             : command == LabCommand::map ? read_map_words(others, options)
                                          : read_object_words(command, others, options)))
    return tl::unexpected<base::Error>(std::move(result.error()));
  if (options.watch && options.subject != LabSubject::all && options.subject != LabSubject::programs)
    return base::fail(ErrorKind::bad_input, "--watch is for programs: the kernel counts their runs alone");
  if (options.graph && (options.machine_code || options.output == LabOutput::json))
    return base::fail(ErrorKind::bad_input, "--cfg writes a graph for dot(1); leave --jit and -o json out");
  if (options.machine_code && options.bytecode)
    return base::fail(ErrorKind::bad_input, "--bytecode and --jit are two listings; give one");
  return options;
}

/// "-5" is a value and no option: with a blank in front it is not taken for one, and reading values skips
/// blanks.
void mark_negative_numbers(std::vector<std::string>& arguments) {
  for (std::string& word : arguments)
    if (word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])) != 0)
      word.insert(word.begin(), ' ');
}

}  // namespace

Result<Command> parse_lab(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments[0] == "-h" || arguments[0] == "--help")
    return Command(HelpText{lab_usage()});
  std::string name = std::move(arguments.front());
  arguments.erase(arguments.begin());
  if (name == "help") {
    if (arguments.empty()) return Command(HelpText{lab_usage()});
    name = std::move(arguments.front());
    arguments = {"--help"};
  }
  if (name == "check") return parse_lab_check(std::move(arguments));
  if (name == "run") return parse_lab_run(std::move(arguments));
  const auto known = std::find(kLabCommands.begin(), kLabCommands.end(), name);
  if (known == kLabCommands.end())
    return base::fail(ErrorKind::bad_input, "weir lab: unknown command '" + name + "'" +
                                                did_you_mean(name, kLabWords) +
                                                " (run, check, list, show, dump, btf, map, log, features)");
  const auto command = static_cast<LabCommand>(known - kLabCommands.begin());

  std::vector<std::string> rest;
  if (const auto dashes = std::find(arguments.begin(), arguments.end(), "--"); dashes != arguments.end()) {
    rest.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
  }
  Words words;
  const std::string verb = "lab " + name;
  OptionParser parser(verb);
  add_options(command, parser, words);
  mark_negative_numbers(arguments);
  auto parsed = parser.parse(std::move(arguments));
  if (!parsed) return tl::unexpected<base::Error>(std::move(parsed.error()));
  if (parsed->help) return Command(HelpText{parser.help_text()});
  parsed->others.insert(parsed->others.end(), rest.begin(), rest.end());
  auto options = settle(command, words, parsed->others);
  if (!options) return base::fail_within(std::move(options.error()), parser.name());
  return Result<Command>(tl::in_place, std::in_place_type<LabOptions>, std::move(*options));
}

}  // namespace weir::config
