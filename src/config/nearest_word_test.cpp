// SPDX-License-Identifier: Apache-2.0
#include "config/nearest_word.h"

#include <gtest/gtest.h>

#include <array>

namespace weir::config {
namespace {

constexpr std::array<std::string_view, 4> kKnown = {"flows", "top", "doctor", "source.process.pid"};

TEST(NearestWord, finds_a_word_with_a_swapped_pair) {
  EXPECT_EQ(nearest_word("folws", kKnown), "flows");
}
TEST(NearestWord, finds_a_word_with_a_letter_missing) {
  EXPECT_EQ(nearest_word("docto", kKnown), "doctor");
}
TEST(NearestWord, finds_a_word_by_its_beginning) {
  EXPECT_EQ(nearest_word("source.p", kKnown), "source.process.pid");
}
TEST(NearestWord, gives_nothing_for_a_word_unlike_all) {
  EXPECT_EQ(nearest_word("zzzzzz", kKnown), std::nullopt);
}
TEST(NearestWord, gives_nothing_for_one_wrong_letter) {
  EXPECT_EQ(nearest_word("x", kKnown), std::nullopt);
}
TEST(NearestWord, says_so_in_a_sentence) {
  EXPECT_EQ(did_you_mean("flow", kKnown), "; did you mean 'flows'?");
  EXPECT_EQ(did_you_mean("qqqq", kKnown), "");
}

}  // namespace
}  // namespace weir::config
