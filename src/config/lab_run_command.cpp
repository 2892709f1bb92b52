// SPDX-License-Identifier: Apache-2.0
#include "config/lab_run_command.h"

#include <algorithm>
#include <utility>

#include "config/duration.h"
#include "config/option_parser.h"
#include "config/option_values.h"

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

struct Words {
  std::string output, interval, duration, count, rows;
};

Result<> settle(const Words& words, LabRunOptions& options) {
  if (auto done = choose<LabRunOutput>(
          words.output, "-o", {{"text", LabRunOutput::text}, {"json", LabRunOutput::json}}, options.output);
      !done)
    return done;
  if (auto done = read_duration(words.interval, "--interval", options.interval); !done) return done;
  if (!words.duration.empty()) {
    std::chrono::nanoseconds duration{};
    if (auto done = read_duration(words.duration, "--for", duration); !done) return done;
    options.duration = duration;
  }
  if (auto done = read_number(words.count, "-c", UINT64_MAX, options.count); !done) return done;
  return read_number(words.rows, "--top", 100'000, options.rows);
}

}  // namespace

std::string lab_run_head() {
  return "weir lab run: compiles eBPF programs, loads them and attaches each where its section says\n"
         "\n"
         "usage: weir lab run FILE.c|FILE.o [-i IFACE] [options] [-- COMMAND ARG...]\n"
         "\n"
         "Shows what they write with bpf_printk, the records they send through ring and perf buffers, and "
         "their\n"
         "maps and globals as they change; with Ctrl-C, or at COMMAND's end, everything is gone. Needs "
         "CAP_BPF and\n"
         "what the programs' types need, bpf_printk the right to read tracefs (root); clang for FILE.c.\n";
}

std::string lab_run_tail() {
  return "EXAMPLES\n"
         "  weir lab run hello.bpf.c                      until Ctrl-C\n"
         "  weir lab run drop.bpf.c -i eth0 --set port=80 a global variable set before\n"
         "  weir lab run count.bpf.c --map 'limits[10.0.0.1]={rate: 5}'\n"
         "  weir lab run trace.bpf.c -o json -- curl -s http://10.0.0.9/\n"
         "\n"
         "TIME takes a unit, " +
         std::string(kDurationUnits) +
         ": 500ms, 1.5h.\n"
         "\n"
         "EXIT STATUS\n"
         "  0 done, or COMMAND's own; 1 failed while running; 2 FILE does not compile, is refused, or asks "
         "for\n"
         "  what is not there; 3 a capability is missing; 4 this kernel has no such hook, or clang is "
         "missing.\n";
}

Result<Command> parse_lab_run(std::vector<std::string> arguments) {
  LabRunOptions options;
  Words words;
  if (const auto dashes = std::find(arguments.begin(), arguments.end(), "--"); dashes != arguments.end()) {
    options.command.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
    if (options.command.empty())
      return base::fail(ErrorKind::bad_input, "weir lab run: -- and no command behind it");
  }
  OptionParser parser("lab run");
  parser.group("OPTIONS");
  parser.list("-i", options.interfaces, "IFACE", "for XDP, tc and socket programs: these interfaces, or any");
  parser.word("--cgroup", options.cgroup, "FOLDER", "for cgroup programs (default: the root of cgroup2)");
  parser.words("--set", options.globals, "NAME=VALUE", "a global variable, before loading");
  parser.words("--map", options.entries, "MAP[KEY]=VALUE",
               "an entry of a map, before attaching; of a table of tail "
               "calls a program's name");
  parser.words("--event", options.events, "MAP=TYPE",
               "the type of a buffer's records (default: the struct of their "
               "size)");
  parser.word("-c", words.count, "N", "end after N messages and records");
  parser.word("--for", words.duration, "TIME", "end after this time");
  parser.word("--interval", words.interval, "TIME", "between two looks at the maps (default 1s)");
  parser.word("--top", words.rows, "N", "of a map's changes so many at a look (default 20)");
  parser.group("COMPILING");
  parser.words("-I", options.include_folders, "FOLDER", "look for headers here too");
  parser.words("-D", options.defines, "NAME[=VALUE]", "define a macro");
  parser.word("--btf", options.btf, "FILE",
              "adapt to the kernel whose BTF this is, and make vmlinux.h from it (default: the running one)");
  parser.group("OTHER");
  parser.word("-o", words.output, "FORM", "text (default) or json");
  parser.count("-v", options.verbosity, "say more; twice for libbpf's own words");
  auto parsed = parser.parse(std::move(arguments));
  if (!parsed) return tl::unexpected<base::Error>(std::move(parsed.error()));
  if (parsed->help) return Command(HelpText{parser.help_text()});
  if (parsed->others.size() != 1)
    return base::fail(
        ErrorKind::bad_input,
        parser.name() + (parsed->others.empty()
                             ? ": which file? A C source (FILE.bpf.c) or an object file (FILE.o)"
                             : ": one file at a time; '" + parsed->others[1] + "' is too much"));
  options.file = parsed->others[0];
  if (auto settled = settle(words, options); !settled)
    return base::fail_within(std::move(settled.error()), parser.name());
  return Result<Command>(tl::in_place, std::in_place_type<LabRunOptions>, std::move(options));
}

}  // namespace weir::config
