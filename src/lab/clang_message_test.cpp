// SPDX-License-Identifier: Apache-2.0
#include "lab/clang_message.h"

#include <gtest/gtest.h>

namespace weir::lab {
namespace {

TEST(ClangMessage, warnings_have_their_place_option_and_notes) {
  const auto messages = parse_clang_messages(
      "a/xdp.bpf.c:11:4: warning: variable 'count' is uninitialized when used here [-Wuninitialized]\n"
      "a/xdp.bpf.c:10:15: note: initialize the variable 'count' to silence this warning\n"
      "1 warning generated.\n");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].severity, ClangSeverity::warning);
  EXPECT_EQ(messages[0].file, "a/xdp.bpf.c");
  EXPECT_EQ(messages[0].line, 11u);
  EXPECT_EQ(messages[0].column, 4u);
  EXPECT_EQ(messages[0].text, "variable 'count' is uninitialized when used here");
  EXPECT_EQ(messages[0].option, "-Wuninitialized");
  ASSERT_EQ(messages[0].notes.size(), 1u);
  EXPECT_EQ(messages[0].notes[0].line, 10u);
  EXPECT_EQ(clang_message_line(messages[0]),
            "a/xdp.bpf.c:11:4: warning: variable 'count' is uninitialized when used here [-Wuninitialized]");
}

TEST(ClangMessage, a_warning_made_an_error_keeps_its_option) {
  const auto messages =
      parse_clang_messages("x.c:3:40: error: no [-Werror,-Wimplicit-function-declaration]\n");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].option, "-Wimplicit-function-declaration");
}

TEST(ClangMessage, errors_without_a_place_and_fatal_ones_are_read) {
  const auto messages = parse_clang_messages(
      "error: unable to create target: 'No available targets are compatible with triple \"bpf\"'\n"
      "x.c:1:10: fatal error: 'vmlinux.h' file not found\n");
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].severity, ClangSeverity::error);
  EXPECT_TRUE(messages[0].file.empty());
  EXPECT_EQ(messages[1].severity, ClangSeverity::error);
  EXPECT_EQ(messages[1].text, "'vmlinux.h' file not found");
  EXPECT_EQ(messages[1].file, "x.c");
}

TEST(ClangMessage, a_flood_of_messages_is_cut) {
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += "x.c:1:1: note: again\nx.c:2:2: error: again\n";
  size_t kept = 0;
  for (const ClangMessage& message : parse_clang_messages(flood)) kept += 1 + message.notes.size();
  EXPECT_EQ(kept, kMostClangMessages);
}

TEST(ClangMessage, text_that_is_no_message_is_left_out) {
  EXPECT_TRUE(parse_clang_messages("").empty());
  EXPECT_TRUE(parse_clang_messages("\n\n3 warnings generated.\nIn file included from x.c:1:\n").empty());
  const auto odd = parse_clang_messages("a:b:99999999999999999999:1: error: numbers beyond all [-W\n");
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_EQ(odd[0].text, "numbers beyond all [-W");
}

}  // namespace
}  // namespace weir::lab
