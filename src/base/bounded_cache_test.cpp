// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::base {
namespace {

TEST(BoundedCache, gives_what_was_put) {
  BoundedCache<int, std::string> cache(2);
  EXPECT_EQ(cache.find(1), nullptr);
  cache.put(1, "one");
  ASSERT_NE(cache.find(1), nullptr);
  EXPECT_EQ(*cache.find(1), "one");
}

TEST(BoundedCache, replaces_the_value_of_a_known_key) {
  BoundedCache<int, std::string> cache(2);
  cache.put(1, "one");
  cache.put(1, "uno");
  EXPECT_EQ(*cache.find(1), "uno");
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.evicted(), 0u);
}

TEST(BoundedCache, gives_up_the_least_recently_used_and_counts_it) {
  BoundedCache<int, int> cache(2);
  cache.put(1, 1);
  cache.put(2, 2);
  cache.find(1);
  cache.put(3, 3);
  EXPECT_EQ(cache.find(2), nullptr);
  EXPECT_NE(cache.find(1), nullptr);
  EXPECT_NE(cache.find(3), nullptr);
  EXPECT_EQ(cache.evicted(), 1u);
}

}  // namespace
}  // namespace weir::base
