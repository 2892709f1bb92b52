// SPDX-License-Identifier: Apache-2.0
#include "config/lab_command_line.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

LabOptions options(const Words& words) {
  auto command = parse_lab(words);
  if (!command) {
    ADD_FAILURE() << command.error().message;
    return {};
  }
  return std::get<LabOptions>(*command);
}

std::string refusal(const Words& words) {
  const auto command = parse_lab(words);
  return command ? "accepted" : command.error().message;
}

TEST(LabCommandLine, lists_all_or_one_kind) {
  EXPECT_EQ(options({"list"}).subject, LabSubject::all);
  EXPECT_EQ(options({"list", "maps"}).subject, LabSubject::maps);
  EXPECT_EQ(options({"list", "-o", "names", "progs"}).output, LabOutput::names);
  const LabOptions watched =
      options({"list", "--watch", "--interval", "500ms", "-c", "3", "--sort", "calls"});
  EXPECT_TRUE(watched.watch);
  EXPECT_EQ(watched.interval, 500ms);
  EXPECT_EQ(watched.count, 3u);
  EXPECT_NE(refusal({"list", "maps", "--watch"}).find("--watch is for programs"), std::string::npos);
  EXPECT_NE(refusal({"list", "lniks"}).find("did you mean 'links'?"), std::string::npos);
}

TEST(LabCommandLine, takes_an_object_of_one_word_or_two) {
  EXPECT_EQ(options({"show", "12"}).object, (Words{"12"}));
  EXPECT_EQ(options({"dump", "id", "12", "--jit"}).object, (Words{"id", "12"}));
  EXPECT_TRUE(options({"btf"}).object.empty());
  EXPECT_NE(refusal({"show"}).find("which one?"), std::string::npos);
  EXPECT_NE(refusal({"show", "a", "b"}).find("takes no argument 'b'"), std::string::npos);
}

TEST(LabCommandLine, reads_what_is_to_be_done_with_a_map) {
  EXPECT_EQ(options({"map", "x"}).action, LabMapAction::dump);
  const LabOptions get = options({"map", "id", "7", "get", "10.0.0.1"});
  EXPECT_EQ(get.object, (Words{"id", "7"}));
  EXPECT_EQ(get.key, "10.0.0.1");
  const LabOptions set = options({"map", "x", "set", "1", "{a: 2}"});
  EXPECT_EQ(set.key, "1");
  EXPECT_EQ(set.value, "{a: 2}");
  EXPECT_EQ(options({"map", "queue", "set", "17"}).value, "17");
  EXPECT_NE(refusal({"map"}).find("which map?"), std::string::npos);
  EXPECT_NE(refusal({"map", "x", "get"}).find("get needs a key"), std::string::npos);
  EXPECT_NE(refusal({"map", "x", "set"}).find("needs a key and a value"), std::string::npos);
  EXPECT_NE(refusal({"map", "x", "set", "1", "2", "3"}).find("'3' is too much"), std::string::npos);
  EXPECT_NE(refusal({"map", "x", "delete", "1"}).find("unknown"), std::string::npos);
}

TEST(LabCommandLine, takes_negative_numbers_for_values) {
  const LabOptions set = options({"map", "x", "set", "-1", "-2", "-o", "json"});
  EXPECT_EQ(set.key, " -1");
  EXPECT_EQ(set.value, " -2");
  EXPECT_EQ(set.output, LabOutput::json);
  EXPECT_EQ(options({"map", "x", "set", "1", "--", "-x"}).value, "-x");
}

TEST(LabCommandLine, refuses_listings_that_exclude_each_other) {
  EXPECT_NE(refusal({"dump", "x", "--jit", "--bytecode"}).find("two listings"), std::string::npos);
  EXPECT_NE(refusal({"dump", "x", "--cfg", "-o", "json"}).find("dot(1)"), std::string::npos);
}

TEST(LabCommandLine, answers_help_everywhere) {
  for (const Words& words : {Words{}, Words{"--help"}, Words{"help"}, Words{"help", "map"},
                             Words{"map", "--help"}, Words{"map", "-h"}}) {
    const auto command = parse_lab(words);
    ASSERT_TRUE(command);
    EXPECT_NE(std::get<HelpText>(*command).text.find("weir lab map"), std::string::npos);
  }
  EXPECT_NE(refusal({"mpa"}).find("did you mean 'map'?"), std::string::npos);
}

}  // namespace
}  // namespace weir::config
