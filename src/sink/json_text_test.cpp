// SPDX-License-Identifier: Apache-2.0
#include "sink/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::sink {
namespace {

std::string in_quotes(std::string_view text) {
  std::string written(json_string_bound(text.size()), '#');
  const char* end = write_json_string(written.data(), text);
  written.resize(static_cast<size_t>(end - written.data()));
  return written;
}

constexpr const char* kBad = "\xEF\xBF\xBD";

TEST(JsonText, writes_plain_text_as_it_is) {
  EXPECT_EQ(in_quotes("nginx: worker"), "\"nginx: worker\"");
}
TEST(JsonText, escapes_quotes_and_backslashes) {
  EXPECT_EQ(in_quotes("a\"b\\c"), R"("a\"b\\c")");
}
TEST(JsonText, escapes_control_characters) {
  EXPECT_EQ(in_quotes(std::string_view("\n\t\r\x01\x1b\x7f\0", 7)), R"("\n\t\r\u0001\u001b\u007f\u0000")");
}
TEST(JsonText, keeps_well_formed_utf8) {
  EXPECT_EQ(in_quotes("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\x9D"),
            "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\x9D\"");
}
TEST(JsonText, replaces_a_lone_continuation_byte) {
  EXPECT_EQ(in_quotes("a\x80z"), std::string("\"a") + kBad + "z\"");
}
TEST(JsonText, replaces_a_sequence_cut_at_the_end_once) {
  EXPECT_EQ(in_quotes("abc\xE2\x82"), std::string("\"abc") + kBad + "\"");
  EXPECT_EQ(in_quotes("abc\xF0\x9F\x90"), std::string("\"abc") + kBad + "\"");
}
TEST(JsonText, replaces_overlong_forms_and_surrogates_byte_by_byte) {
  EXPECT_EQ(in_quotes("\xC0\xAF"), std::string("\"") + kBad + kBad + "\"");
  EXPECT_EQ(in_quotes("\xED\xA0\x80"), std::string("\"") + kBad + kBad + kBad + "\"");
  EXPECT_EQ(in_quotes("\xF5\x80"), std::string("\"") + kBad + kBad + "\"");
}
TEST(JsonText, goes_on_after_a_broken_sequence) {
  EXPECT_EQ(in_quotes("\xE2\x28\xA1"), std::string("\"") + kBad + "(" + kBad + "\"");
}
TEST(JsonText, never_needs_more_than_its_bound) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(15, static_cast<char>(byte));
    EXPECT_LE(in_quotes(text).size(), json_string_bound(text.size())) << byte;
  }
}

}  // namespace
}  // namespace weir::sink
