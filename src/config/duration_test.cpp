// SPDX-License-Identifier: Apache-2.0
#include "config/duration.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

using namespace std::chrono_literals;

TEST(Duration, reads_every_unit) {
  EXPECT_EQ(*parse_duration("7ns"), 7ns);
  EXPECT_EQ(*parse_duration("100us"), 100us);
  EXPECT_EQ(*parse_duration("500ms"), 500ms);
  EXPECT_EQ(*parse_duration("10s"), 10s);
  EXPECT_EQ(*parse_duration("2m"), 2min);
  EXPECT_EQ(*parse_duration("2min"), 2min);
  EXPECT_EQ(*parse_duration("1h"), 1h);
  EXPECT_EQ(*parse_duration("2d"), 48h);
  EXPECT_EQ(*parse_duration("1.5m"), 90s);
}

TEST(Duration, refuses_a_number_without_a_unit_and_says_how_to_write_it) {
  const auto duration = parse_duration("10");
  ASSERT_FALSE(duration);
  EXPECT_EQ(duration.error().kind, base::ErrorKind::bad_input);
  EXPECT_EQ(duration.error().message, "'10' has no unit; write 10s for seconds, or ns, us, ms, s, m, h or d");
}

TEST(Duration, says_that_it_must_be_longer_than_0_with_a_unit_and_without) {
  for (const char* text : {"0", "0s", "-1s"})
    EXPECT_NE(parse_duration(text).error().message.find("longer than 0"), std::string::npos) << text;
}

TEST(Duration, says_each_unit_that_it_takes) {
  const std::string units(kDurationUnits);
  for (const char* unit : {"ns", "us", "ms", "s", "m", "h", "d"})
    EXPECT_TRUE(parse_duration("5" + std::string(unit))) << unit;
  EXPECT_NE(parse_duration("5y").error().message.find(units), std::string::npos);
}

TEST(Duration, refuses_what_is_no_duration) {
  for (const char* text :
       {"", "s", "abc", "-5s", "0s", "0.1ns", "10 s", "10sec", "1e300s", "99999d", "nan", "infs"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace weir::config
