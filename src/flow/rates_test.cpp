// SPDX-License-Identifier: Apache-2.0
#include "flow/rates.h"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(Rates, are_differences_of_totals_over_the_time_between) {
  Rates rates;
  rates.begin_snapshot(10 * kSecond);
  EXPECT_EQ(rates.add(1, 1000, 90'000).packets, 0);
  rates.begin_snapshot(12 * kSecond);
  const Rate rate = rates.add(1, 1100, 91'000);
  EXPECT_DOUBLE_EQ(rate.packets, 50);
  EXPECT_DOUBLE_EQ(rate.bytes, 500);
}

TEST(Rates, what_began_since_the_last_snapshot_counts_whole) {
  Rates rates;
  rates.begin_snapshot(0);
  rates.begin_snapshot(2 * kSecond);
  EXPECT_DOUBLE_EQ(rates.add(7, 10, 100).packets, 5);
}

TEST(Rates, totals_that_began_anew_count_from_zero) {
  Rates rates;
  rates.begin_snapshot(0);
  rates.add(1, 100, 1000);
  rates.begin_snapshot(kSecond);
  EXPECT_DOUBLE_EQ(rates.add(1, 4, 40).bytes, 40);
}

TEST(Rates, without_time_between_are_zero) {
  Rates rates;
  rates.begin_snapshot(kSecond);
  rates.add(1, 1, 1);
  rates.begin_snapshot(kSecond);
  EXPECT_EQ(rates.add(1, 5, 5).packets, 0);
}

TEST(Rates, what_was_not_in_the_last_snapshot_is_forgotten) {
  Rates rates;
  rates.begin_snapshot(0);
  rates.add(1, 100, 0);
  rates.begin_snapshot(kSecond);
  rates.begin_snapshot(2 * kSecond);
  EXPECT_DOUBLE_EQ(rates.add(1, 100, 0).packets, 100);
}

}  // namespace
}  // namespace weir::flow
