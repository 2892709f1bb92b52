// SPDX-License-Identifier: Apache-2.0
#include "config/lab_check_command.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "config/option_parser.h"
#include "config/option_values.h"

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

}  // namespace

std::string lab_check_head() {
  return "weir lab check: compiles eBPF programs and shows them to the verifier, without attaching them\n"
         "\n"
         "usage: weir lab check FILE.c|FILE.o... [options]\n"
         "\n"
         "What the verifier refuses is explained: where in the source, what it knew there, which rule was\n"
         "broken, what usually helps. Needs CAP_BPF and what the programs' types need; clang for FILE.c.\n";
}

std::string lab_check_tail() {
  return "EXAMPLES\n"
         "  weir lab check xdp_count.bpf.c                instructions, stack and verdict of each program\n"
         "  weir lab check xdp_count.bpf.c --walk         how the verifier went through it\n"
         "  weir lab check *.bpf.o -o json | jq .refusal.kind\n"
         "\n"
         "EXIT STATUS\n"
         "  0 all programs are accepted; 2 one does not compile or is refused; 3 a capability is missing,\n"
         "  or the kernel forbids one; 4 this kernel has no such program type, or clang is missing.\n";
}

Result<Command> parse_lab_check(std::vector<std::string> arguments) {
  LabCheckOptions options;
  std::string output;
  bool no_colour = false;
  OptionParser parser("lab check");
  parser.group("OPTIONS");
  parser.list("--prog", options.programs, "LIST", "only these programs, by the names of their functions");
  parser.flag(
      "--walk", options.walk,
      "the verifier's way through what it accepts: instructions, what is known of registers and stack, "
      "where ways join and end");
  parser.flag("--log", options.log, "the verifier's own words");
  parser.group("COMPILING");
  parser.words("-I", options.include_folders, "FOLDER", "look for headers here too");
  parser.words("-D", options.defines, "NAME[=VALUE]", "define a macro");
  parser.word("--btf", options.btf, "FILE",
              "adapt to the kernel whose BTF this is, and make vmlinux.h from it (default: the running one)");
  parser.group("OTHER");
  parser.word("-o", output, "FORM", "table (default) or json");
  parser.flag("--no-color", no_colour, "no colours (NO_COLOR in the environment says the same)");
  parser.count("-v", options.verbosity, "libbpf's own words too");
  auto parsed = parser.parse(std::move(arguments));
  if (!parsed) return tl::unexpected<base::Error>(std::move(parsed.error()));
  if (parsed->help) return Command(HelpText{parser.help_text()});
  if (auto chosen = choose<LabCheckOutput>(
          output, "-o", {{"table", LabCheckOutput::table}, {"json", LabCheckOutput::json}}, options.output);
      !chosen)
    return base::fail_within(std::move(chosen.error()), parser.name());
  options.files = std::move(parsed->others);
  std::erase(options.files, "--");
  if (options.files.empty())
    return base::fail(ErrorKind::bad_input,
                      parser.name() + ": which file? A C source (FILE.bpf.c) or an object file (FILE.o)");
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  options.colour = !no_colour && (no_color == nullptr || *no_color == '\0');
  return Result<Command>(tl::in_place, std::in_place_type<LabCheckOptions>, std::move(options));
}

}  // namespace weir::config
