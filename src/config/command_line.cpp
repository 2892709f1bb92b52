// SPDX-License-Identifier: Apache-2.0
// The only file that knows CLI11. It hands out words; their meaning is settled here, with our own messages.
#include "config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "config/duration.h"
#include "config/help.h"
#include "config/nearest_word.h"

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kHelpColumns = 100;
constexpr size_t kTextColumn = 24;

/// One option: its name, and its text wrapped beside it.
std::string option_help(const std::string& name, const std::string& text) {
  std::string help;
  std::string line = "  " + name;
  line.append(kTextColumn - std::min(kTextColumn - 1, line.size()) - 1, ' ');
  size_t words = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (words != 0 && line.size() + 1 + end - begin > kHelpColumns) {
      help += line + '\n';
      line.assign(kTextColumn - 1, ' ');
    }
    line += ' ' + text.substr(begin, end - begin);
    begin = end + 1;
    ++words;
  }
  return help + line + '\n';
}

/// Options by their groups, in the order in which both were added.
struct Layout : CLI::Formatter {
  explicit Layout(std::string_view of_verb) : verb(of_verb) {}
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::vector<std::pair<std::string, std::string>> groups;
    for (const CLI::Option* option : app->get_options()) {
      auto group = std::find_if(groups.begin(), groups.end(),
                                [&](const auto& known) { return known.first == option->get_group(); });
      if (group == groups.end()) group = groups.insert(groups.end(), {option->get_group(), ""});
      std::string name = option->get_name(false, true);
      for (size_t comma = 0; (comma = name.find(',', comma)) != std::string::npos; ++comma)
        name.insert(comma + 1, " ");
      if (option->get_type_size() != 0) name += ' ' + option->get_type_name();
      group->second += option_help(name, option->get_description());
    }
    std::string help = verb_head(verb);
    for (const auto& [title, options] : groups) help += '\n' + title + '\n' + options;
    return help + '\n' + verb_tail(verb);
  }
  std::string verb;
};

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
  text += "; live the default is " + std::to_string(kLiveMaxFlows) +
          " for each IP version, a flow takes 0.7 kB in the kernel and 1 kB in Weir";
  return text + ")";
}

void add_output_options(CLI::App& app, Words& words, bool top) {
  const std::string group = "OUTPUT";
  app.add_option("-o", words.output,
                 "table, wide, lines or json (default: a table on a terminal, else lines)")
      ->type_name("FORM")
      ->group(group);
  if (!top) {
    app.add_option("--fields", words.fields, "write only these, tab-separated; names as in -o json")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("F,...")
        ->group(group);
    app.add_flag("--header", words.header, "a first line with the names of --fields")->group(group);
  }
  app.add_option("--by", words.by,
                 "sum the flows by process, container, source, destination, port or any field" +
                     std::string(top ? " (default process; with -r destination)" : ""))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("F,...")
      ->group(group);
  app.add_option("--top", words.top_rows, "show the first N rows of a table")->type_name("N")->group(group);
  app.add_option("--sort", words.sort,
                 "order of rows: bytes, packets, rate, rtt, retransmits, start or flows")
      ->type_name("KEY")
      ->group(group);
  app.add_option("-c", words.count, "stop after N records")->type_name("N")->group(group);
  app.add_flag("--no-color", words.no_colour, "no colours (NO_COLOR in the environment says the same)")
      ->group(group);
}

void add_flow_options(CLI::App& app, Words& words, const HelpFacts& facts, bool top) {
  std::string group = "WHERE PACKETS COME FROM";
  app.add_option("-r", words.captures, "read this capture, - for stdin; several are merged by time")
      ->allow_extra_args(false)
      ->type_name("FILE")
      ->group(group);
  app.add_option("-i", words.interfaces, "watch this interface, or any; can be repeated")
      ->allow_extra_args(false)
      ->type_name("IFACE")
      ->group(group);
  app.add_option("--hook", words.hook,
                 "where to listen: cgroup (default), tc (default with -i), xdp or socket")
      ->type_name("HOOK")
      ->group(group);
  app.add_flag("--decap", words.decapsulate, "look into IPIP, 6in4, GRE, VXLAN and Geneve")->group(group);

  group = "WHOSE FLOWS (live)";
  const auto names = [&](const char* name, std::vector<std::string>& list, const char* text) {
    app.add_option(name, list, text)->allow_extra_args(false)->type_name("LIST")->group(group);
  };
  names("--pid", words.pid, "process ids");
  names("--comm", words.comm, "command names, as the kernel cut them (15 bytes)");
  names("--uid", words.uid, "user ids");
  names("--cgroup", words.cgroup, "cgroup paths below the mount, with all beneath them");
  names("--container", words.container, "container ids, or their first digits");

  add_output_options(app, words, top);

  group = "WHEN AND HOW MUCH";
  const auto one = [&](const char* name, std::string& word, const char* type, const std::string& text) {
    app.add_option(name, word, text)->type_name(type)->group(group);
  };
  one("--for", words.duration, "TIME", "stop after this time; with -r in the capture's own time");
  one("--interval", words.interval, "TIME", "report live flows this often: differences, in parts 1, 2, ...");
  one("--active", words.active, "TIME", "split flows that last longer into parts");
  one("--tcp-idle", words.tcp_idle, "TIME", "a TCP flow without packets ends after this time (default 5m)");
  one("--udp-idle", words.other_idle, "TIME", "any other flow does (default 1m)");
  one("--end-wait", words.end_wait, "TIME", "wait for stragglers after FIN both ways or RST (default 5s)");
  one("--max-flows", words.max_flows, "N", max_flows_text(facts));
  app.add_flag("--fail-on-loss", words.fail_on_loss, "exit status 5 when anything was lost")->group(group);
  app.add_flag("--cost", words.cost, "tell what Weir itself costs the kernel")->group(group);
}

void add_common_options(CLI::App& app, Words& words) {
  app.add_flag("-v", words.verbosity, "say more; twice for libbpf's own words")->group("OTHER");
  app.set_help_flag("-h,--help", "this text")->group("OTHER");
}

std::vector<std::string_view> option_names(const CLI::App& app, std::vector<std::string>& storage) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) storage.push_back("--" + name);
    for (const std::string& name : option->get_snames()) storage.push_back("-" + name);
  }
  return {storage.begin(), storage.end()};
}

template <class Value>
Result<> choose(const std::string& word, const char* option,
                std::vector<std::pair<std::string_view, Value>> choices, Value& to) {
  if (word.empty()) return {};
  std::vector<std::string_view> names;
  std::string list;
  for (const auto& [name, value] : choices) {
    if (name == word) {
      to = value;
      return {};
    }
    names.push_back(name);
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  return base::fail(ErrorKind::bad_input, std::string(option) + " " + word + ": unknown" +
                                              did_you_mean(word, names) + " (" + list + ")");
}

template <class Duration>
Result<> read_duration(const std::string& word, const char* option, Duration& to) {
  if (word.empty()) return {};
  auto duration = parse_duration(word);
  if (!duration) return base::fail_within(std::move(duration.error()), option);
  to = *duration;
  return {};
}

template <class Number>
Result<> read_number(const std::string& word, const char* option, uint64_t most, Number& to) {
  if (word.empty()) return {};
  uint64_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem != std::errc{} || end != word.data() + word.size() || number == 0 || number > most)
    return base::fail(ErrorKind::bad_input, std::string(option) + " " + word + ": a whole number from 1 to " +
                                                std::to_string(most) + " is needed");
  to = number;
  return {};
}

/// Numbers that a name may be; without them it is any word.
struct NumberRange {
  uint64_t least;
  uint64_t most;
};
constexpr NumberRange kPids{1, 4'194'304};  // PID_MAX_LIMIT, include/linux/threads.h
constexpr NumberRange kUids{0, UINT32_MAX - 1};

/// As the kernel's numbers are written: "007" names process 7.
std::optional<std::string> plain_number(const std::string& word, const NumberRange& range) {
  uint64_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  if (number < range.least || number > range.most) return std::nullopt;
  return std::to_string(number);
}

Result<> read_names(const std::vector<std::string>& lists, const char* option,
                    const std::optional<NumberRange>& numbers, NameFilter& to) {
  for (const std::string& list : lists) {
    for (size_t begin = 0; begin <= list.size();) {
      const size_t end = std::min(list.find(',', begin), list.size());
      std::string name = list.substr(begin, end - begin);
      begin = end + 1;
      const bool excludes = name.starts_with('!');
      if (excludes) name.erase(0, 1);
      if (name.empty())
        return base::fail(ErrorKind::bad_input,
                          std::string(option) + " " + list + ": an empty name in the list");
      if (numbers) {
        const auto number = plain_number(name, *numbers);
        if (!number)
          return base::fail(ErrorKind::bad_input,
                            std::string(option) + " " + list + ": '" + name + "' is no number from " +
                                std::to_string(numbers->least) + " to " + std::to_string(numbers->most));
        name = *number;
      }
      (excludes ? to.excluded : to.names).push_back(std::move(name));
    }
  }
  return {};
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

Result<Command> settle_flows(bool top, const Words& words, std::string expression) {
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
  if (options.captures.empty()) options.max_flows = kLiveMaxFlows;

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

/// CLI11's complaint about the number of words in ours; it begins with "--for: " or, of a flag, with "cost
/// was".
std::string mismatch_sentence(const CLI::App& app, const CLI::ArgumentMismatch& mismatch) {
  const std::string what = mismatch.what();
  const std::string name = what.substr(0, what.find_first_of(": "));
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr) return "--" + name + " takes no word; leave out what follows the =";
  if (option->get_expected_max() == 1 && option->count() > 1)
    return name + " is given " + std::to_string(option->count()) + " times; once is all it takes";
  return name + " needs a word: " + name + ' ' + option->get_type_name();
}

Result<Command> parse_verb(std::string_view verb, std::vector<std::string> arguments,
                           const HelpFacts& facts) {
  const std::string name = "weir " + std::string(verb);
  // What follows "--" is the expression, whatever it looks like.
  std::vector<std::string> rest;
  if (const auto dashes = std::find(arguments.begin(), arguments.end(), "--"); dashes != arguments.end()) {
    rest.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
  }

  Words words;
  CLI::App app(std::string(), name);
  app.formatter(std::make_shared<Layout>(verb));
  app.allow_extras();
  if (verb == "doctor") {
    app.add_option("-o", words.output, "table (default) or json")->type_name("FORM")->group("OPTIONS");
    app.add_flag("--clean", words.clean, "remove the tc filters that a dead Weir left behind")
        ->group("OPTIONS");
    app.add_flag("--no-color", words.no_colour, "no colours (NO_COLOR in the environment says the same)")
        ->group("OPTIONS");
  } else {
    add_flow_options(app, words, facts, verb == "top");
  }
  add_common_options(app, words);
  for (CLI::Option* option : app.get_options({}))
    if (option->get_items_expected_max() == 0) option->disable_flag_override();
  try {
    std::reverse(arguments.begin(), arguments.end());
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return Command(HelpText{app.help()});
  } catch (const CLI::ArgumentMismatch& mismatch) {
    return base::fail(ErrorKind::bad_input, name + ": " + mismatch_sentence(app, mismatch));
  } catch (const CLI::ParseError& error) {
    return base::fail(ErrorKind::bad_input,
                      name + ": " + error.what() + " (" + name + " --help shows all options)");
  }

  std::string expression;
  for (const std::string& word : app.remaining()) {
    if (word.size() > 1 && word[0] == '-') {
      std::vector<std::string> storage;
      const auto known = option_names(app, storage);
      const std::string option = word.substr(0, word.find('='));
      return base::fail(ErrorKind::bad_input, name + ": unknown option " + option +
                                                  did_you_mean(option, known) + " (" + name +
                                                  " --help shows all)");
    }
    expression += (expression.empty() ? "" : " ") + word;
  }
  for (const std::string& word : rest) expression += (expression.empty() ? "" : " ") + word;
  if (verb != "doctor") return settle_flows(verb == "top", words, std::move(expression));
  if (!expression.empty())
    return base::fail(ErrorKind::bad_input, name + ": takes no argument '" + expression + "'");
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
    if (arguments.size() > 1)
      return base::fail(ErrorKind::bad_input,
                        "weir help: one verb at a time; '" + arguments[1] + "' is too much");
    if (arguments.front() == "help") return Command(HelpText{short_usage()});
    verb = arguments.front();
    arguments = {"--help"};
  }
  if (std::find(kVerbs.begin(), kVerbs.end(), verb) != kVerbs.end())
    return parse_verb(verb, std::move(arguments), facts);
  const std::string hint = verb.starts_with('-') ? "; a verb comes first, for example: weir flows " + verb
                                                 : did_you_mean(verb, kVerbs);
  return base::fail(ErrorKind::bad_input,
                    "weir: unknown verb '" + verb + "'" + hint + " (flows, top, doctor)");
}

}  // namespace weir::config
