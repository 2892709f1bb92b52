// SPDX-License-Identifier: Apache-2.0
#include "lab/print_formats.h"

#include <gtest/gtest.h>

namespace weir::lab {
namespace {

PrintFormats formats(std::string_view data) {
  return PrintFormats::in(std::as_bytes(std::span(data.data(), data.size())));
}

TEST(PrintFormats, know_the_messages_that_they_can_make) {
  const PrintFormats some = formats(std::string_view("pid %d runs %s\n\0hello\0\0%llu%% of %pI4", 38));
  EXPECT_TRUE(some.can_make("pid 17 runs curl"));
  EXPECT_TRUE(some.can_make("hello"));
  EXPECT_FALSE(some.can_make("hello you"));
  EXPECT_FALSE(some.can_make("pid 17"));
  EXPECT_FALSE(some.can_make("another pid 17 runs curl"));
}

TEST(PrintFormats, take_conversions_with_width_length_and_letters) {
  const PrintFormats some = formats(std::string_view("at %-08llx, %pI4 done\0", 22));
  EXPECT_TRUE(some.can_make("at ffff, 10.0.0.1 done"));
  EXPECT_FALSE(some.can_make("at ffff, 10.0.0.1 gone"));
  EXPECT_TRUE(formats(std::string_view("%d%%\0", 5)).can_make("50%"));
}

TEST(PrintFormats, a_text_without_an_end_is_none) {
  EXPECT_TRUE(formats("no end").empty());
  EXPECT_TRUE(formats({}).empty());
}

}  // namespace
}  // namespace weir::lab
