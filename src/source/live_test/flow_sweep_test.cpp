// SPDX-License-Identifier: Apache-2.0
#include "source/flow_sweep.h"

#include <gtest/gtest.h>

namespace weir::source {
namespace {

TEST(JiffyLength, is_the_one_of_the_four_that_was_measured) {
  EXPECT_EQ(jiffy_length_ns(1'000'000'000, 100), 10'000'000u);
  EXPECT_EQ(jiffy_length_ns(1'001'000'000, 250), 4'000'000u);
  EXPECT_EQ(jiffy_length_ns(999'000'000, 300), 3'333'333u);
  EXPECT_EQ(jiffy_length_ns(500'000'000, 500), 1'000'000u);
}

TEST(JiffyLength, is_4_ms_while_too_few_have_passed) {
  EXPECT_EQ(jiffy_length_ns(0, 0), 4'000'000u);
  EXPECT_EQ(jiffy_length_ns(190'000'000, 19), 4'000'000u);
}

}  // namespace
}  // namespace weir::source
