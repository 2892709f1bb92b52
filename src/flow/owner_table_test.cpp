// SPDX-License-Identifier: Apache-2.0
#include "flow/owner_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace weir::flow {
namespace {

decode::ProcessPtr process(uint32_t pid) {
  auto process = std::make_shared<decode::Process>();
  process->pid = pid;
  return process;
}

TEST(OwnerTable, keeps_a_process_as_long_as_an_end_names_it) {
  OwnerTable table;
  uint32_t first = OwnerTable::kNone;
  uint32_t second = OwnerTable::kNone;
  const auto curl = process(1);
  table.set(first, curl);
  table.set(second, curl);
  table.set(second, curl);
  EXPECT_EQ(first, second);
  EXPECT_EQ(table[first], curl);
  EXPECT_EQ(curl.use_count(), 2);
  table.release(first);
  EXPECT_EQ(first, OwnerTable::kNone);
  EXPECT_EQ(table[first], nullptr);
  EXPECT_EQ(table[second], curl);
  table.set(second, process(2));
  EXPECT_EQ(table[second]->pid, 2u);
  EXPECT_EQ(curl.use_count(), 1);
  EXPECT_EQ(table.size(), 1u);
}

TEST(OwnerTable, gives_numbers_again_and_never_to_two) {
  OwnerTable table;
  std::mt19937 random(1);
  std::vector<decode::ProcessPtr> processes;
  for (uint32_t pid = 1; pid <= 50; ++pid) processes.push_back(process(pid));
  std::vector<uint32_t> owners(30, OwnerTable::kNone);
  std::vector<decode::ProcessPtr> expected(owners.size());
  for (int step = 0; step < 20'000; ++step) {
    const size_t end = random() % owners.size();
    if (random() % 3 == 0) {
      table.release(owners[end]);
      expected[end] = nullptr;
    } else {
      expected[end] = processes[random() % processes.size()];
      table.set(owners[end], expected[end]);
    }
    ASSERT_EQ(table[owners[end]], expected[end]);
    ASSERT_LE(*std::max_element(owners.begin(), owners.end()), owners.size() + 1);
  }
  for (size_t end = 0; end < owners.size(); ++end) ASSERT_EQ(table[owners[end]], expected[end]);
}

}  // namespace
}  // namespace weir::flow
