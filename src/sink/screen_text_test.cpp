// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_text.h"

#include <gtest/gtest.h>

namespace weir::sink {
namespace {

TEST(screen_text, counts_wide_characters_twice_and_combining_ones_not_at_all) {
  EXPECT_EQ(terminal_columns("curl"), 4u);
  EXPECT_EQ(terminal_columns("Zürich"), 6u);
  EXPECT_EQ(terminal_columns("東京"), 4u);
  EXPECT_EQ(terminal_columns("e\xcc\x81"), 1u);  // e and a combining acute
}

TEST(screen_text, pads_to_the_asked_width_on_either_side) {
  EXPECT_EQ(fitted_text("ab", 5), "ab   ");
  EXPECT_EQ(fitted_text("ab", 5, true), "   ab");
  EXPECT_EQ(fitted_text("東", 3), "東 ");
}

TEST(screen_text, cuts_between_characters_and_marks_the_cut) {
  EXPECT_EQ(fitted_text("nginx-worker", 6), "nginx~");
  EXPECT_EQ(fitted_text("Zürich", 3), "Zü~");
  EXPECT_EQ(fitted_text("東京都", 4), "東~ ");  // 京 would need two of the three columns that are left
  EXPECT_EQ(fitted_text("abc", 1), "~");
  EXPECT_EQ(fitted_text("abc", 0), "");
}

TEST(screen_text, shows_nothing_that_steers_a_terminal) {
  EXPECT_EQ(shown_text("a\x1b[31mb\x07"), "a?[31mb?");
  EXPECT_EQ(shown_text("\xff\xfe"), "??");
  EXPECT_EQ(shown_text("ab\xe2\x80\xae"
                       "cd"),
            "abcd");  // U+202E writes the rest from right to left
}

TEST(screen_text, every_fitted_text_has_exactly_its_width) {
  for (const char* text : {"", "x", "a longer name than that", "東京都千代田区", "Zürich",
                           "e\xcc\x81\xcc\x81tat", "\xf0\x9f\x90\xa7 tux"})
    for (size_t width = 0; width < 30; ++width)
      for (const bool right : {false, true})
        EXPECT_EQ(terminal_columns(fitted_text(text, width, right)), width) << text << " in " << width;
}

TEST(screen_text, cuts_a_line_of_several_spans_as_a_whole) {
  ScreenLine line;
  line.add("abcdef").add("ghi", Style::bold).add("jkl");
  cut_line(line, 8);
  EXPECT_EQ(line.text(), "abcdefg~");
}

}  // namespace
}  // namespace weir::sink
