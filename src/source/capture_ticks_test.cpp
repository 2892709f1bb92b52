// SPDX-License-Identifier: Apache-2.0
#include "source/capture_ticks.h"

#include <gtest/gtest.h>

namespace weir::source {
namespace {

int64_t to_ns(uint8_t resolution, int64_t offset_seconds, uint64_t ticks) {
  const auto clock = TickClock::of(resolution, offset_seconds);
  EXPECT_TRUE(clock.has_value());
  return clock ? clock->to_ns(ticks) : -1;
}

TEST(TickClock, counts_microseconds_unless_told) {
  EXPECT_EQ(TickClock().to_ns(1'700'000'000'123'456), 1'700'000'000'123'456'000);
}

TEST(TickClock, counts_in_powers_of_ten) {
  EXPECT_EQ(to_ns(0, 0, 5), 5'000'000'000);
  EXPECT_EQ(to_ns(3, 0, 5), 5'000'000);
  EXPECT_EQ(to_ns(9, 0, 1'700'000'000'123'456'789), 1'700'000'000'123'456'789);
  EXPECT_EQ(to_ns(12, 0, 1'999), 1);  // rounded down
  EXPECT_EQ(to_ns(19, 0, 10'000'000'000), 1);
}

TEST(TickClock, counts_in_powers_of_two) {
  EXPECT_EQ(to_ns(0x80, 0, 7), 7'000'000'000);
  EXPECT_EQ(to_ns(0x80 | 1, 0, 3), 1'500'000'000);
  EXPECT_EQ(to_ns(0x80 | 32, 0, uint64_t{1} << 31), 500'000'000);
  EXPECT_EQ(to_ns(0x80 | 63, 0, uint64_t{1} << 62), 500'000'000);
}

TEST(TickClock, adds_the_offset) {
  EXPECT_EQ(to_ns(6, 100, 1), 100'000'001'000);
  EXPECT_EQ(to_ns(9, -1, 1), -999'999'999);
  EXPECT_EQ(to_ns(0x80 | 1, 10, 1), 10'500'000'000);
}

TEST(TickClock, stays_within_what_64_bits_hold) {
  EXPECT_EQ(to_ns(0, 0, UINT64_MAX), INT64_MAX);
  EXPECT_EQ(to_ns(6, 0, UINT64_MAX), INT64_MAX);
  EXPECT_EQ(to_ns(9, 0, UINT64_MAX), INT64_MAX);
  EXPECT_EQ(to_ns(9, INT64_MAX, UINT64_MAX), INT64_MAX);
  EXPECT_EQ(to_ns(9, INT64_MIN, 0), INT64_MIN);
}

TEST(TickClock, refuses_what_64_bits_of_ticks_cannot_count) {
  EXPECT_FALSE(TickClock::of(20, 0).has_value());
  EXPECT_FALSE(TickClock::of(0x7f, 0).has_value());
  EXPECT_FALSE(TickClock::of(0x80 | 64, 0).has_value());
}

}  // namespace
}  // namespace weir::source
