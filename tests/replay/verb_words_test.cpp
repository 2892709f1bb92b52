// SPDX-License-Identifier: Apache-2.0
// What help, manual, completion and docs say of the program is what it takes.
#include <gtest/gtest.h>

#include <unistd.h>

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

/// The section of the manual that begins with `.SH title`, as it is typed without its escapes.
std::string manual_section(const std::string& title) {
  std::string manual = source_file("docs/weir.1");
  for (const std::string escape : {"\\-", "\\&"})
    for (size_t place = 0; (place = manual.find(escape, place)) != std::string::npos;)
      manual.replace(place, 2, escape == "\\-" ? "-" : "");
  const size_t begin = manual.find(".SH " + title + '\n');
  EXPECT_NE(begin, std::string::npos) << title;
  if (begin == std::string::npos) return {};
  return manual.substr(begin, manual.find("\n.SH ", begin) - begin);
}

/// The options that have an entry of their own there.
std::set<std::string> entries(const std::string& section) {
  std::set<std::string> options;
  std::istringstream stream(section);
  bool entry = false;
  for (std::string line; std::getline(stream, line); entry = line == ".TP") {
    if (!entry) continue;
    for (std::string word : words_of(line.substr(line.find(' ')))) {
      std::erase_if(word, [](char character) { return character == '"' || character == ','; });
      if (word.starts_with('-')) options.insert(word);
    }
  }
  return options;
}

TEST(VerbWords, the_manual_knows_the_options_of_the_help_and_no_others) {
  const TestFolder folder;
  const auto flows = entries(manual_section("OPTIONS OF FLOWS AND TOP"));
  EXPECT_EQ(flows, options_of(folder, "flows"));
  for (const std::string& option : options_of(folder, "top")) EXPECT_TRUE(flows.contains(option)) << option;
  EXPECT_EQ(entries(manual_section("OPTIONS OF PACKETS")), options_of(folder, "packets"));
  auto doctor = entries(manual_section("OPTIONS OF DOCTOR"));
  for (const char* as_above : {"--no-color", "-v", "-h", "--help"}) doctor.insert(as_above);
  EXPECT_EQ(doctor, options_of(folder, "doctor"));
}

TEST(VerbWords, manual_and_completion_know_the_options_of_the_labs_commands) {
  const TestFolder folder;
  std::set<std::string> all;
  for (const std::string command : {"list", "show", "dump", "btf", "map", "log", "features"}) {
    const auto options = options_of(folder, "lab " + command);
    EXPECT_EQ(completed(folder, "_weir_options \"lab " + command + "\""), options) << command;
    all.insert(options.begin(), options.end());
  }
  auto manual = entries(manual_section("OPTIONS OF LAB"));
  for (const char* as_above : {"--no-color", "-v", "-h", "--help"}) manual.insert(as_above);
  EXPECT_EQ(manual, all);
}

TEST(VerbWords, help_and_manual_name_the_same_units_of_time) {
  const TestFolder folder;
  for (const std::string verb : {"flows", "top", "packets"}) {
    const std::string help = run_shell(folder, "WEIR " + verb + " --help").out;
    const size_t begin = help.find("takes a unit, ");
    ASSERT_NE(begin, std::string::npos) << help;
    const std::string units = help.substr(begin, help.find(':', begin) - begin);
    EXPECT_NE(manual_section("OPTIONS OF FLOWS AND TOP").find(units), std::string::npos) << units;
    EXPECT_NE(run_shell(folder, "WEIR flows --for 5y").err.find(units.substr(units.find(',') + 2)),
              std::string::npos);
  }
}

TEST(VerbWords, the_completion_knows_the_options_of_the_help_and_no_others) {
  const TestFolder folder;
  for (const std::string verb : {"flows", "top", "packets", "doctor"})
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
  for (const std::string verb : {"", "flows --help", "top --help", "packets --help", "doctor --help", "lab",
                                 "lab list --help", "lab show --help", "lab dump --help", "lab btf --help",
                                 "lab map --help", "lab log --help", "lab features --help"})
    for (const std::string& line : run_shell(folder, "WEIR " + verb).lines())
      EXPECT_LE(line.size(), 120u) << line;
}

TEST(VerbWords, a_file_that_may_not_be_read_is_a_wrong_file) {
  const TestFolder folder;
  const std::string path = folder.file("secret.pcap", {});
  // Root may read everything, unless these two are taken from it.
  const std::string before = ::geteuid() == 0 ? "setpriv --bounding-set=-dac_override,-dac_read_search " : "";
  const RunResult result = run_shell(folder, "chmod 0 " + path + "; " + before + "WEIR flows -r " + path);
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_NE(result.err.find("secret.pcap: cannot open it: Permission denied"), std::string::npos)
      << result.err;
}

TEST(VerbWords, a_text_that_cannot_be_written_is_status_1_and_one_line) {
  const TestFolder folder;
  for (const std::string words : {"", "--help", "--version", "flows --help", "packets -d tcp", "packets -D",
                                  "doctor", "doctor -o json"}) {
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
  for (const std::string words : {"flwos",
                                  "flows --fieds x",
                                  "flows -o jsn",
                                  "flows -r x -i lo",
                                  "flows --for 10",
                                  "doctor now",
                                  "flows --hook xdp",
                                  "flows --by proces -r /dev/null",
                                  "packets -r /dev/null",
                                  "packets --onec",
                                  "packets -I",
                                  "packets -d tcp prot 80",
                                  "lab lsit",
                                  "lab list mpas",
                                  "lab show",
                                  "lab map",
                                  "lab map x get",
                                  "lab map x gte 1",
                                  "lab dump x --cfg --jit",
                                  "lab btf /dev/null",
                                  "lab list --sotr cpu",
                                  "lab show /dev/null",
                                  "lab dump /nothing.o"}) {
    const RunResult result = run_shell(folder, "WEIR " + words);
    EXPECT_EQ(result.status, 2) << words;
    EXPECT_EQ(result.out, "") << words;
    EXPECT_TRUE(result.err.starts_with("weir")) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

}  // namespace
}  // namespace weir::tests
