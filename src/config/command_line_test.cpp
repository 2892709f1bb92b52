// SPDX-License-Identifier: Apache-2.0
#include "config/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace weir::config {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

base::Result<Command> parse(const Words& words) {
  return parse_command_line(words, {.bytes_per_flow = 192});
}

FlowsOptions flows(const Words& words) {
  auto command = parse(words);
  if (!command) {
    ADD_FAILURE() << command.error().message;
    return {};
  }
  return std::get<FlowsOptions>(*command);
}

std::string refusal(const Words& words) {
  const auto command = parse(words);
  if (command) return "accepted";
  EXPECT_EQ(command.error().kind, base::ErrorKind::bad_input);
  EXPECT_EQ(command.error().message.find('\n'), std::string::npos) << command.error().message;
  return command.error().message;
}

std::string help(const Words& words) {
  auto command = parse(words);
  return command ? std::get<HelpText>(*command).text : command.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandLine, without_a_word_prints_a_short_usage) {
  EXPECT_TRUE(contains(help({}), "weir flows -r FILE"));
}

TEST(CommandLine, a_live_run_needs_no_option) {
  const FlowsOptions options = flows({"flows"});
  EXPECT_TRUE(options.captures.empty());
  EXPECT_EQ(options.max_flows, kMostLiveFlows);
  EXPECT_EQ(flows({"flows", "-r", "a.pcap"}).max_flows, 1'000'000u);
  EXPECT_EQ(options.tcp_idle, 5min);
  EXPECT_FALSE(options.top);
}

TEST(CommandLine, live_tables_are_smaller_where_memory_is_small) {
  EXPECT_EQ(default_live_flows(uint64_t{64} << 30), 262'144u);
  EXPECT_EQ(default_live_flows((uint64_t{8} << 30) - (200u << 20)), 262'144u);
  EXPECT_EQ(default_live_flows(uint64_t{4} << 30), 131'072u);
  EXPECT_EQ(default_live_flows(uint64_t{1} << 30), 32'768u);
  EXPECT_EQ(default_live_flows(0), 16'384u);
  const auto command = parse_command_line({"flows"}, HelpFacts{.live_max_flows = 65'536});
  ASSERT_TRUE(command);
  EXPECT_EQ(std::get<FlowsOptions>(*command).max_flows, 65'536u);
}

TEST(CommandLine, trailing_words_are_the_expression_wherever_options_stand) {
  const FlowsOptions options =
      flows({"flows", "-r", "a.pcap", "tcp", "port", "80", "-o", "json", "and", "not", "host", "::1"});
  EXPECT_EQ(options.captures, Words{"a.pcap"});
  EXPECT_EQ(options.expression, "tcp port 80 and not host ::1");
  EXPECT_EQ(options.output, Output::json);
}

TEST(CommandLine, a_live_run_takes_an_expression_too) {
  EXPECT_EQ(flows({"flows", "-i", "lo", "tcp", "port", "80"}).expression, "tcp port 80");
  EXPECT_EQ(flows({"top", "udp"}).expression, "udp");
}

TEST(CommandLine, words_after_two_dashes_are_the_expression_as_they_are) {
  EXPECT_EQ(flows({"flows", "-r", "-", "--", "-x", "[a,b]"}).expression, "-x [a,b]");
}

TEST(CommandLine, a_bracket_word_stays_whole) {
  EXPECT_EQ(flows({"flows", "-r", "-", "tcp", "[13,1]", "!=", "0"}).expression, "tcp [13,1] != 0");
}

TEST(CommandLine, captures_and_interfaces_repeat_and_take_one_word_each) {
  EXPECT_EQ(flows({"flows", "-r", "a", "-r", "b", "udp"}).captures, (Words{"a", "b"}));
  EXPECT_EQ(flows({"flows", "-i", "eth0", "-i", "lo"}).interfaces, (Words{"eth0", "lo"}));
}

TEST(CommandLine, owner_lists_split_at_commas_and_a_leading_mark_excludes) {
  const FlowsOptions options = flows({"flows", "--comm", "nginx,!curl", "--pid", "12", "--pid", "!1"});
  EXPECT_EQ(options.comm.names, Words{"nginx"});
  EXPECT_EQ(options.comm.excluded, Words{"curl"});
  EXPECT_EQ(options.pid.names, Words{"12"});
  EXPECT_EQ(options.pid.excluded, Words{"1"});
}

TEST(CommandLine, reads_durations_and_numbers) {
  const FlowsOptions options = flows({"flows", "-r", "x", "--for", "10s", "--active", "2m", "--udp-idle",
                                      "30s", "--end-wait", "500ms", "--max-flows", "5000", "-c", "7"});
  EXPECT_EQ(options.duration, std::chrono::nanoseconds(10s));
  EXPECT_EQ(options.active, std::chrono::nanoseconds(2min));
  EXPECT_EQ(options.other_idle, 30s);
  EXPECT_EQ(options.end_wait, 500ms);
  EXPECT_EQ(options.max_flows, 5000u);
  EXPECT_EQ(options.count, 7u);
}

TEST(CommandLine, fields_split_at_commas) {
  EXPECT_EQ(flows({"flows", "-r", "x", "--fields", "start,source.address"}).fields,
            (Words{"start", "source.address"}));
}

TEST(CommandLine, top_is_flows_by_aggregate) {
  const FlowsOptions options =
      flows({"top", "-r", "x", "--by", "destination,port", "--top", "3", "--sort", "packets"});
  EXPECT_TRUE(options.top);
  EXPECT_EQ(options.by, (Words{"destination", "port"}));
  EXPECT_EQ(options.top_rows, 3u);
  EXPECT_EQ(options.sort, "packets");
}

TEST(CommandLine, doctor_has_its_own_options) {
  const auto command = parse({"doctor", "-o", "json", "--clean"});
  ASSERT_TRUE(command);
  EXPECT_TRUE(std::get<DoctorOptions>(*command).json);
  EXPECT_TRUE(std::get<DoctorOptions>(*command).clean);
  EXPECT_EQ(refusal({"doctor", "now"}), "weir doctor: takes no argument 'now'");
}

TEST(CommandLine, every_contradiction_is_refused_in_one_line_that_says_what_to_do) {
  const std::vector<std::pair<Words, std::string_view>> cases = {
      {{"flows", "-r", "x", "-i", "lo"}, "give one of the two"},
      {{"flows", "-r", "x", "--hook", "tc"}, "leave it out with -r"},
      {{"flows", "-r", "x", "--comm", "a"}, "a capture holds packets, not who sent them"},
      {{"flows", "-r", "x", "--interval", "1s"}, "use --active"},
      {{"flows", "-r", "x", "--cost"}, "leave it out"},
      {{"flows", "-r", "-", "-r", "-"}, "once only"},
      {{"flows", "--hook", "cgroup", "-i", "lo"}, "leave out -i"},
      {{"flows", "--hook", "xdp"}, "name it with -i"},
      {{"flows", "--decap"}, "name it with -i"},
      {{"flows", "--by", "process", "-o", "lines"}, "use -o table or -o json"},
      {{"flows", "--by", "process", "--fields", "start"}, "contradict"},
      {{"flows", "--top", "3", "-o", "json"}, "use -c N"},
      {{"flows", "--sort", "bytes", "-o", "lines"}, "leave it out"},
      {{"flows", "--fields", "start", "-o", "table"}, "leave out -o table"},
      {{"flows", "--fields", "start", "--sort", "bytes"}, "use --by"},
      {{"flows", "--sort", "flows"}, "add --by"},
      {{"flows", "--header"}, "add --fields"},
      {{"top", "-o", "lines"}, "weir flows -o lines"},
      {{"flows", "-c", "0"}, "a whole number from 1"},
      {{"flows", "-c", "many"}, "a whole number from 1"},
      {{"flows", "--for", "10"}, "write 10s"},
      {{"flows", "--for", "0"}, "longer than 0"},
      {{"flows", "--interval", "-2s"}, "longer than 0"},
      {{"top", "--interval", "99ms"}, "100ms at least"},
      {{"flows", "--pid", "nginx"}, "'nginx' is no number from 1 to 4194304"},
      {{"flows", "--pid", "99999999999"}, "'99999999999' is no number from 1 to 4194304"},
      {{"flows", "--pid", "0"}, "from 1 to"},
      {{"flows", "--uid", "4294967295"}, "from 0 to 4294967294"},
      {{"flows", "--comm", "a,,b"}, "an empty name"},
      {{"flows", "--comm", "!"}, "an empty name"},
  };
  for (const auto& [words, part] : cases) {
    const std::string message = refusal(words);
    EXPECT_TRUE(contains(message, part)) << message;
    EXPECT_TRUE(message.starts_with("weir ")) << message;
  }
}

TEST(CommandLine, a_mistyped_word_brings_the_one_that_was_meant) {
  EXPECT_TRUE(contains(refusal({"flwos"}), "did you mean 'flows'?"));
  EXPECT_TRUE(
      contains(refusal({"flows", "--fieds", "x"}), "unknown option --fieds; did you mean '--fields'?"));
  EXPECT_TRUE(contains(refusal({"flows", "-o", "jsn"}), "did you mean 'json'?"));
  EXPECT_TRUE(contains(refusal({"flows", "--sort", "byte"}), "did you mean 'bytes'?"));
  EXPECT_TRUE(contains(refusal({"-r", "x"}), "a verb comes first"));
}

TEST(CommandLine, an_option_without_its_word_is_refused) {
  EXPECT_EQ(refusal({"flows", "-r"}), "weir flows: -r needs a word: -r FILE");
  EXPECT_EQ(refusal({"flows", "-r", "a", "-r", "b", "-r"}), "weir flows: -r needs a word: -r FILE");
  EXPECT_EQ(refusal({"top", "--for"}), "weir top: --for needs a word: --for TIME");
}

TEST(CommandLine, an_option_of_one_word_given_again_is_refused) {
  EXPECT_EQ(refusal({"flows", "-o", "json", "-o", "table"}),
            "weir flows: -o is given 2 times; once is all it takes");
  EXPECT_EQ(refusal({"flows", "--for", "1s", "--for=2s", "--for", "3s"}),
            "weir flows: --for is given 3 times; once is all it takes");
  EXPECT_EQ(refusal({"doctor", "-o", "json", "-o", "json"}),
            "weir doctor: -o is given 2 times; once is all it takes");
}

TEST(CommandLine, a_flag_with_a_word_is_refused) {
  EXPECT_EQ(refusal({"flows", "--cost=3"}), "weir flows: --cost takes no word; leave out what follows the =");
  EXPECT_EQ(flows({"flows", "-vv"}).verbosity, 2);
}

TEST(CommandLine, a_number_is_taken_as_the_kernel_writes_it) {
  EXPECT_EQ(flows({"flows", "--pid", "007", "--uid", "0"}).pid.names, Words{"7"});
}

TEST(CommandLine, help_and_version_refuse_a_word_too_much) {
  EXPECT_EQ(refusal({"help", "flows", "extra"}), "weir help: one verb at a time; 'extra' is too much");
  EXPECT_TRUE(contains(refusal({"--version", "x"}), "takes no argument 'x'"));
  EXPECT_TRUE(contains(help({"help", "help"}), "weir help VERB"));
}

TEST(CommandLine, help_is_given_in_each_way_and_states_the_memory_per_flow) {
  for (const Words& words : {Words{"flows", "-h"}, Words{"flows", "--help"}, Words{"help", "flows"}}) {
    const std::string text = help(words);
    EXPECT_TRUE(contains(text, "EXAMPLES")) << text;
    EXPECT_TRUE(contains(text, "192 bytes")) << text;
    EXPECT_TRUE(contains(text, "--max-flows N")) << text;
  }
  EXPECT_TRUE(contains(help({"help", "doctor"}), "--clean"));
  EXPECT_TRUE(contains(help({"--version"}), "weir "));
}

TEST(CommandLine, no_color_in_the_environment_counts_when_it_is_not_empty) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(flows({"flows"}).colour);
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(flows({"flows"}).colour);
  ::unsetenv("NO_COLOR");
  EXPECT_FALSE(flows({"flows", "--no-color"}).colour);
}

TEST(SettledOutput, is_a_table_on_a_terminal_and_lines_in_a_pipe) {
  EXPECT_EQ(settled_output({}, true), Output::table);
  EXPECT_EQ(settled_output({}, false), Output::lines);
  FlowsOptions options;
  options.by = {"process"};
  EXPECT_EQ(settled_output(options, false), Output::table);
  options.output = Output::json;
  EXPECT_EQ(settled_output(options, true), Output::json);
}

}  // namespace
}  // namespace weir::config
