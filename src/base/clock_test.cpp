// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::base {
namespace {

std::string rfc3339(int64_t unix_ns) {
  std::string text(kRfc3339Bytes, '?');
  write_rfc3339(unix_ns, text.data());
  return text;
}

TEST(Clock, writes_the_epoch) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
}
TEST(Clock, writes_nanoseconds) {
  EXPECT_EQ(rfc3339(1'763'717'239'123'456'789), "2025-11-21T09:27:19.123456789Z");
}
TEST(Clock, writes_a_leap_day) {
  EXPECT_EQ(rfc3339(1'709'164'800'000'000'000), "2024-02-29T00:00:00.000000000Z");
}
TEST(Clock, writes_times_before_1970) {
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace weir::base
