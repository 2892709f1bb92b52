// SPDX-License-Identifier: Apache-2.0
// What help, manual, completion and docs say of the program is what it takes.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "capture_writer.h"
#include "flow/field.h"
#include "weir_run.h"

namespace weir::tests {
namespace {

std::string source_file(const std::string& path) {
  std::ifstream file(WEIR_SOURCE_FOLDER "/" + path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// The options that `weir VERB --help` lists.
std::set<std::string> options_of(const TestFolder& folder, const std::string& verb) {
  const RunResult help = run_shell(folder, "WEIR " + verb + " --help");
  EXPECT_EQ(help.status, 0) << help.err;
  std::set<std::string> options;
  for (const std::string& line : help.lines()) {
    if (!line.starts_with("  -")) continue;
    for (std::string word : words_of(line.substr(0, 23)))
      if (word.starts_with('-')) options.insert(word.substr(0, word.find(',')));
  }
  return options;
}

/// What the function `name` of the completion prints.
std::set<std::string> completed(const TestFolder& folder, const std::string& call) {
  const RunResult result =
      run_shell(folder, "bash -c 'source " WEIR_SOURCE_FOLDER "/completions/weir.bash && " + call + "'");
  EXPECT_EQ(result.status, 0) << result.err;
  return words_of(result.out);
}

TEST(VerbWords, every_option_of_the_help_is_in_the_manual) {
  const TestFolder folder;
  std::string manual = source_file("docs/weir.1");
  for (size_t place = 0; (place = manual.find("\\-", place)) != std::string::npos;) manual.erase(place, 1);
  for (const char* verb : {"flows", "top", "doctor"}) {
    const auto options = options_of(folder, verb);
    EXPECT_GE(options.size(), 5u);
    for (const std::string& option : options) EXPECT_NE(manual.find(option), std::string::npos) << option;
  }
}

TEST(VerbWords, the_completion_knows_the_options_of_the_help_and_no_others) {
  const TestFolder folder;
  for (const std::string verb : {"flows", "top", "doctor"})
    EXPECT_EQ(completed(folder, "_weir_options " + verb), options_of(folder, verb)) << verb;
}

TEST(VerbWords, the_completion_and_the_manual_know_every_field) {
  const TestFolder folder;
  const auto completes = completed(folder, "_weir_fields");
  for (const std::string& word : completes) EXPECT_NE(flow::find_field(word), nullptr) << word;
  const std::string manual = source_file("docs/weir.1");
  const std::string json = source_file("docs/json.md");
  for (const flow::Field& field : flow::fields()) {
    const std::string name(field.name);
    EXPECT_TRUE(completes.contains(name)) << name;
    // Manual and schema say "source." and "destination." once.
    const std::string last = name.starts_with("source.") || name.starts_with("destination.") ||
                                     name.starts_with("network.") || name.starts_with("tcp.")
                                 ? name.substr(name.find('.') + 1)
                                 : name;
    EXPECT_NE(manual.find(last), std::string::npos) << name;
    EXPECT_NE(json.find(last), std::string::npos) << name;
  }
}

TEST(VerbWords, the_manual_has_no_warning) {
  const TestFolder folder;
  const RunResult groff =
      run_shell(folder, "groff -ww -man -Tutf8 " WEIR_SOURCE_FOLDER "/docs/weir.1 > /dev/null");
  EXPECT_EQ(groff.status, 0) << groff.err;
  EXPECT_EQ(groff.err, "");
}

TEST(VerbWords, no_line_of_the_help_is_wider_than_a_terminal_of_120) {
  const TestFolder folder;
  for (const std::string verb : {"", "flows --help", "top --help", "doctor --help"})
    for (const std::string& line : run_shell(folder, "WEIR " + verb).lines())
      EXPECT_LE(line.size(), 120u) << line;
}

TEST(VerbWords, a_text_that_cannot_be_written_is_status_1_and_one_line) {
  const TestFolder folder;
  for (const std::string words : {"", "--help", "--version", "flows --help", "doctor", "doctor -o json"}) {
    const RunResult result = run_shell(folder, "WEIR " + words + " > /dev/full");
    EXPECT_EQ(result.status, 1) << words;
    EXPECT_NE(result.err.find("No space left on device"), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST(VerbWords, a_reader_of_the_help_who_has_gone_is_no_failure) {
  const TestFolder folder;
  const RunResult result = run_shell(folder, "(sleep 0.1; WEIR --help; echo $? >&2) | true");
  EXPECT_EQ(result.err, "0\n");
}

TEST(VerbWords, a_wrong_word_is_status_2_and_one_line) {
  const TestFolder folder;
  for (const std::string words :
       {"flwos", "flows --fieds x", "flows -o jsn", "flows -r x -i lo", "flows --for 10", "doctor now",
        "flows --hook xdp", "flows --by proces -r /dev/null"}) {
    const RunResult result = run_shell(folder, "WEIR " + words);
    EXPECT_EQ(result.status, 2) << words;
    EXPECT_EQ(result.out, "") << words;
    EXPECT_TRUE(result.err.starts_with("weir")) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

}  // namespace
}  // namespace weir::tests
