// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_columns.h"

#include <gtest/gtest.h>

#include <numeric>

namespace weir::sink {
namespace {

const std::vector<ScreenColumn> kColumns = {
    {{"NAME"}, 4, 20, 2}, {{"TO"}, 10, 40, 1}, {{"BYTES", true}, 6, 6, 3}, {{"AGE", true}, 5, 5, 4}};

TEST(screen_columns, keeps_those_of_the_lowest_rank_where_there_is_little_room) {
  EXPECT_EQ(column_widths(kColumns, {0, 0, 0, 0}, 15, 1), (std::vector<size_t>{4, 10, 0, 0}));
  EXPECT_EQ(column_widths(kColumns, {0, 0, 0, 0}, 22, 1), (std::vector<size_t>{4, 10, 6, 0}));
  EXPECT_EQ(column_widths(kColumns, {0, 0, 0, 0}, 28, 1), (std::vector<size_t>{4, 10, 6, 5}));
}

TEST(screen_columns, gives_room_that_is_left_to_wide_cells_by_rank) {
  EXPECT_EQ(column_widths(kColumns, {9, 15, 99, 0}, 36, 1), (std::vector<size_t>{7, 15, 6, 5}));
  EXPECT_EQ(column_widths(kColumns, {99, 99, 99, 99}, 200, 1), (std::vector<size_t>{20, 40, 6, 5}));
}

TEST(screen_columns, cuts_the_first_column_where_not_even_it_fits) {
  EXPECT_EQ(column_widths(kColumns, {0, 0, 0, 0}, 3, 1), (std::vector<size_t>{0, 3, 0, 0}));
}

TEST(screen_columns, never_take_more_than_the_width) {
  for (size_t width = 0; width < 120; ++width) {
    const auto widths = column_widths(kColumns, {50, 50, 50, 50}, width, 2);
    size_t shown = 0;
    for (const size_t each : widths) shown += each != 0;
    EXPECT_LE(std::accumulate(widths.begin(), widths.end(), size_t{0}) + (shown ? 2 * (shown - 1) : 0),
              width);
  }
}

TEST(screen_columns, align_numbers_to_the_right) {
  const std::vector<size_t> widths = {6, 0, 6, 0};
  EXPECT_EQ(column_line(kColumns, widths, {{"curl"}, {"x"}, {"12 B"}, {""}}, 1).text(), "curl     12 B");
  EXPECT_EQ(title_line(kColumns, widths, 1).text(), "NAME    BYTES");
}

}  // namespace
}  // namespace weir::sink
