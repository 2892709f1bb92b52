// SPDX-License-Identifier: Apache-2.0
#include "source/boot_clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace weir::source {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

/// Clocks that stand until a test moves them; each look at one takes `look_ns`.
struct Clocks {
  int64_t boot_ns = 100 * kSecond;
  int64_t distance_ns = 1'700'000'000 * kSecond;
  int64_t look_ns = 100;
} clocks;

int64_t read_clock(int id) {
  clocks.boot_ns += clocks.look_ns;
  return id == CLOCK_BOOTTIME ? clocks.boot_ns : clocks.boot_ns + clocks.distance_ns;
}

TEST(boot_clock, tells_wall_time_of_moments_before_and_after_the_last_look) {
  clocks = {};
  const BootClock clock(read_clock);
  EXPECT_EQ(clock.wall_ns(50), 50 + clocks.distance_ns);
  EXPECT_EQ(clock.wall_ns(1000 * kSecond), 1000 * kSecond + clocks.distance_ns);
}

TEST(boot_clock, goes_on_over_suspend) {
  clocks = {};
  BootClock clock(read_clock);
  clocks.boot_ns += 3600 * kSecond;  // both clocks went on
  clock.refresh();
  EXPECT_EQ(clock.steps(), 0u);
  EXPECT_EQ(clock.wall_ns(5), 5 + clocks.distance_ns);
}

TEST(boot_clock, follows_a_step_of_the_clock_either_way) {
  clocks = {};
  BootClock clock(read_clock);
  for (const int64_t step : {kSecond, -7 * kSecond, kSecond / 1000}) {
    clocks.distance_ns += step;
    clock.refresh();
    EXPECT_EQ(clock.wall_ns(5), 5 + clocks.distance_ns);
  }
  EXPECT_EQ(clock.steps(), 3u);
}

TEST(boot_clock, takes_a_slow_look_for_no_step) {
  clocks = {};
  BootClock clock(read_clock);
  const int64_t before = clock.wall_ns(0);
  clocks.look_ns = kSecond / 100;  // somebody else ran between the looks
  clock.refresh();
  clocks.distance_ns += 1000;
  clock.refresh();
  EXPECT_EQ(clock.wall_ns(0), before);
  EXPECT_EQ(clock.steps(), 0u);
}

}  // namespace
}  // namespace weir::source
