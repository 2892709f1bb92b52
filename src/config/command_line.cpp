// SPDX-License-Identifier: Apache-2.0
#include "config/command_line.h"

#include <algorithm>
#include <cstdlib>

#include "config/help.h"
#include "config/lab_command_line.h"
#include "config/nearest_word.h"
#include "config/option_parser.h"
#include "config/option_values.h"
#include "config/packets_command_line.h"

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

/// The options' words, before they mean something.
struct Words {
  std::vector<std::string> captures, interfaces, pid, comm, uid, cgroup, container, fields, by;
  std::string hook, output, top_rows, sort, count, duration, interval, active, tcp_idle, other_idle, end_wait,
      max_flows;
  bool decapsulate = false, cost = false, fail_on_loss = false, no_colour = false, header = false,
       clean = false;
  int verbosity = 0;
};

std::string max_flows_text(const HelpFacts& facts) {
  const FlowsOptions defaults;
  std::string text = "keep at most N flows at once, evict the longest idle (default 1000000";
  if (facts.bytes_per_flow != 0)
    text += "; from a capture a flow takes " + std::to_string(facts.bytes_per_flow) +
            " bytes, the default at most " +
            std::to_string(facts.bytes_per_flow * defaults.max_flows / 1'000'000) + " MB";
  text += "; live the default is " + std::to_string(facts.live_max_flows) +
          " for each IP version on this machine: each takes 440 bytes of kernel memory from the start, and "
          "one that is "
          "there 0.5 kB more, 1 kB in Weir";
  return text + ")";
}

void add_output_options(OptionParser& parser, Words& words, bool top) {
  parser.group("OUTPUT");
  parser.word("-o", words.output, "FORM",
              "table, wide, lines or json (default: a table on a terminal, else lines)");
  if (!top) {
    parser.list("--fields", words.fields, "F,...", "write only these, tab-separated; names as in -o json");
    parser.flag("--header", words.header, "a first line with the names of --fields");
  }
  parser.list("--by", words.by, "F,...",
              "sum the flows by process, container, source, destination, port or any field" +
                  std::string(top ? " (default process; with -r destination)" : ""));
  parser.word("--top", words.top_rows, "N", "show the first N rows of a table");
  parser.word("--sort", words.sort, "KEY",
              "order of rows: bytes, packets, rate, rtt, retransmits, start or flows");
  parser.word("-c", words.count, "N", "stop after N records");
  parser.flag("--no-color", words.no_colour, "no colours (NO_COLOR in the environment says the same)");
}

void add_flow_options(OptionParser& parser, Words& words, const HelpFacts& facts, bool top) {
  parser.group("WHERE PACKETS COME FROM");
  parser.words("-r", words.captures, "FILE", "read this capture, - for stdin; several are merged by time");
  parser.words("-i", words.interfaces, "IFACE", "watch this interface, or any; can be repeated");
  parser.word("--hook", words.hook, "HOOK",
              "where to listen: cgroup (default), tc (default with -i), xdp or socket");
  parser.flag("--decap", words.decapsulate, "look into IPIP, 6in4, GRE, VXLAN and Geneve");

  parser.group("WHOSE FLOWS (live)");
  parser.words("--pid", words.pid, "LIST", "process ids");
  parser.words("--comm", words.comm, "LIST", "command names, as the kernel cut them (15 bytes)");
  parser.words("--uid", words.uid, "LIST", "user ids");
  parser.words("--cgroup", words.cgroup, "LIST", "cgroup paths below the mount, with all beneath them");
  parser.words("--container", words.container, "LIST", "container ids, or their first digits");

  add_output_options(parser, words, top);

  parser.group("WHEN AND HOW MUCH");
  parser.word("--for", words.duration, "TIME", "stop after this time; with -r in the capture's own time");
  parser.word("--interval", words.interval, "TIME",
              "report live flows this often: differences, in parts 1, 2, ...");
  parser.word("--active", words.active, "TIME", "split flows that last longer into parts");
  parser.word("--tcp-idle", words.tcp_idle, "TIME",
              "a TCP flow without packets ends after this time (default 5m)");
  parser.word("--udp-idle", words.other_idle, "TIME", "any other flow does (default 1m)");
  parser.word("--end-wait", words.end_wait, "TIME",
              "wait for stragglers after FIN both ways or RST (default 5s)");
  parser.word("--max-flows", words.max_flows, "N", max_flows_text(facts));
  parser.flag("--fail-on-loss", words.fail_on_loss, "exit status 5 when anything was lost");
  parser.flag("--cost", words.cost, "tell what Weir itself costs the kernel");
}

Result<> read_field_names(const std::vector<std::string>& words, const char* option,
                          std::vector<std::string>& to) {
  for (const std::string& word : words)
    if (word.empty())
      return base::fail(ErrorKind::bad_input, std::string(option) + ": an empty name in the list");
  to = words;
  return {};
}

bool colour_wanted(const Words& words) {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  return !words.no_colour && (no_color == nullptr || *no_color == '\0');
}

Result<Command> settle_flows(bool top, const Words& words, const HelpFacts& facts, std::string expression) {
  FlowsOptions options;
  options.top = top;
  options.captures = words.captures;
  options.interfaces = words.interfaces;
  options.expression = std::move(expression);
  options.decapsulate = words.decapsulate;
  options.header = words.header;
  options.cost = words.cost;
  options.fail_on_loss = words.fail_on_loss;
  options.colour = colour_wanted(words);
  options.verbosity = words.verbosity;
  if (options.captures.empty()) options.max_flows = facts.live_max_flows;

  Result<> result;
  const auto failed = [&result](Result<> next) {
    result = std::move(next);
    return !result;
  };
  constexpr uint64_t kAny = UINT64_MAX;
  if (failed(choose<Hook>(
          words.hook, "--hook",
          {{"cgroup", Hook::cgroup}, {"tc", Hook::tc}, {"xdp", Hook::xdp}, {"socket", Hook::socket}},
          options.hook)) ||
      failed(choose<Output>(words.output, "-o",
                            {{"table", Output::table},
                             {"wide", Output::wide},
                             {"lines", Output::lines},
                             {"json", Output::json}},
                            options.output)) ||
      failed(choose<std::string>(words.sort, "--sort",
                                 {{"bytes", "bytes"},
                                  {"packets", "packets"},
                                  {"rate", "rate"},
                                  {"rtt", "rtt"},
                                  {"retransmits", "retransmits"},
                                  {"start", "start"},
                                  {"flows", "flows"}},
                                 options.sort)) ||
      failed(read_names(words.pid, "--pid", kPids, options.pid)) ||
      failed(read_names(words.comm, "--comm", {}, options.comm)) ||
      failed(read_names(words.uid, "--uid", kUids, options.uid)) ||
      failed(read_names(words.cgroup, "--cgroup", {}, options.cgroup)) ||
      failed(read_names(words.container, "--container", {}, options.container)) ||
      failed(read_field_names(words.fields, "--fields", options.fields)) ||
      failed(read_field_names(words.by, "--by", options.by)) ||
      failed(read_number(words.top_rows, "--top", 100'000, options.top_rows)) ||
      failed(read_number(words.count, "-c", kAny, options.count)) ||
      failed(read_number(words.max_flows, "--max-flows", 64'000'000, options.max_flows)) ||
      failed(read_duration(words.duration, "--for", options.duration)) ||
      failed(read_duration(words.interval, "--interval", options.interval)) ||
      failed(read_duration(words.active, "--active", options.active)) ||
      failed(read_duration(words.tcp_idle, "--tcp-idle", options.tcp_idle)) ||
      failed(read_duration(words.other_idle, "--udp-idle", options.other_idle)) ||
      failed(read_duration(words.end_wait, "--end-wait", options.end_wait)) || failed(check(options)))
    return base::fail_within(std::move(result.error()), top ? "weir top" : "weir flows");
  return Command(std::move(options));
}

Result<Command> settle_doctor(const Words& words) {
  DoctorOptions options;
  if (auto result = choose<bool>(words.output, "-o", {{"json", true}, {"table", false}}, options.json);
      !result)
    return base::fail_within(std::move(result.error()), "weir doctor");
  options.clean = words.clean;
  options.colour = colour_wanted(words);
  options.verbosity = words.verbosity;
  return Command(options);
}

Result<Command> parse_verb(std::string_view verb, std::vector<std::string> arguments,
                           const HelpFacts& facts) {
  // What follows "--" is the expression, whatever it looks like.
  std::vector<std::string> rest;
  if (const auto dashes = std::find(arguments.begin(), arguments.end(), "--"); dashes != arguments.end()) {
    rest.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
  }

  Words words;
  OptionParser parser(verb);
  if (verb == "doctor") {
    parser.group("OPTIONS");
    parser.word("-o", words.output, "FORM", "table (default) or json");
    parser.flag("--clean", words.clean, "remove the tc filters that a dead Weir left behind");
    parser.flag("--no-color", words.no_colour, "no colours (NO_COLOR in the environment says the same)");
  } else {
    add_flow_options(parser, words, facts, verb == "top");
  }
  parser.group("OTHER");
  parser.count("-v", words.verbosity, "say more; twice for libbpf's own words");
  auto parsed = parser.parse(std::move(arguments));
  if (!parsed) return tl::unexpected<base::Error>(std::move(parsed.error()));
  if (parsed->help) return Command(HelpText{parser.help_text()});

  std::string expression;
  for (const auto* part : {&parsed->others, &rest})
    for (const std::string& word : *part) expression += (expression.empty() ? "" : " ") + word;
  if (verb != "doctor") return settle_flows(verb == "top", words, facts, std::move(expression));
  if (!expression.empty())
    return base::fail(ErrorKind::bad_input, parser.name() + ": takes no argument '" + expression + "'");
  return settle_doctor(words);
}

}  // namespace

Result<Command> parse_command_line(const std::vector<std::string>& words, const HelpFacts& facts) {
  if (words.empty()) return Command(HelpText{short_usage()});
  std::string verb = words.front();
  std::vector<std::string> arguments(words.begin() + 1, words.end());
  if (verb == "--version" || verb == "-V" || verb == "version") {
    if (arguments.empty()) return Command(HelpText{version_line()});
    return base::fail(ErrorKind::bad_input, "weir " + verb + ": takes no argument '" + arguments[0] + "'");
  }
  if (verb == "-h" || verb == "--help" || verb == "help") {
    if (arguments.empty()) return Command(HelpText{short_usage()});
    if (arguments.front() == "lab") {
      arguments.front() = "help";
      return parse_lab(std::move(arguments));
    }
    if (arguments.size() > 1)
      return base::fail(ErrorKind::bad_input,
                        "weir help: one verb at a time; '" + arguments[1] + "' is too much");
    if (arguments.front() == "help") return Command(HelpText{short_usage()});
    verb = arguments.front();
    arguments = {"--help"};
  }
  if (verb == "packets") return parse_packets(std::move(arguments));
  if (verb == "lab") return parse_lab(std::move(arguments));
  if (std::find(kVerbs.begin(), kVerbs.end(), verb) != kVerbs.end())
    return parse_verb(verb, std::move(arguments), facts);
  const std::string hint = verb.starts_with('-') ? "; a verb comes first, for example: weir flows " + verb
                                                 : did_you_mean(verb, kVerbs);
  return base::fail(ErrorKind::bad_input,
                    "weir: unknown verb '" + verb + "'" + hint + " (flows, top, packets, lab, doctor)");
}

}  // namespace weir::config
