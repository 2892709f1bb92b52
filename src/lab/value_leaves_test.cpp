// SPDX-License-Identifier: Apache-2.0
#include "lab/value_leaves.h"

#include <gtest/gtest.h>

#include <array>

#include "lab/test_types.h"

namespace weir::lab {
namespace {

TEST(ValueLeaves, are_named_as_c_names_them) {
  TestTypes make;
  const int u32 = make.number("unsigned int", 4), u64 = make.number("unsigned long", 8);
  const int pair = make.array(u32, 2);
  const int sent = make.structure("sent", 8, {{"bytes", u64, 0}});
  const int hidden = make.alternatives("", 4, {{"first", u32, 0}, {"second", u32, 0}});
  const int whole = make.structure("whole", 24, {{"sent", sent, 0}, {"seen", pair, 64}, {"", hidden, 128}});
  const auto leaves = leaves_of(make.set(), static_cast<uint32_t>(whole));
  ASSERT_TRUE(leaves);
  std::vector<std::string> names;
  for (const Leaf& leaf : *leaves) names.push_back(leaf.path);
  EXPECT_EQ(names, (std::vector<std::string>{"sent.bytes", "seen[0]", "seen[1]", "first"}));
}

TEST(ValueLeaves, add_up_over_the_cpus_where_they_are_numbers) {
  struct Value {
    uint64_t count;
    int32_t difference;
    uint32_t state;
    char name[8];
    double ratio;
  };
  TestTypes make;
  const int u64 = make.number("unsigned long", 8), s32 = make.number("int", 4, BTF_INT_SIGNED);
  const int character = make.number("char", 1, BTF_INT_SIGNED);
  const int state = make.enumeration("state", 4, {{"NONE", 0}, {"BUSY", 3}});
  const int text = make.array(character, 8), twice = btf__add_float(make.raw(), "double", 8);
  const int whole = make.structure("whole", sizeof(Value),
                                   {{"count", u64, 0},
                                    {"difference", s32, 64},
                                    {"state", state, 96},
                                    {"name", text, 128},
                                    {"ratio", twice, 192}});
  const auto leaves = leaves_of(make.set(), static_cast<uint32_t>(whole));
  ASSERT_TRUE(leaves);
  const std::array<Value, 3> cpus{Value{5, -7, 0, "", 0.5}, Value{UINT64_MAX, 3, 3, "second", 0.25},
                                  Value{2, 0, 1, "third", 0}};
  const auto bytes = bytes_of(cpus);
  const auto sum = sum_of_cpus(*leaves, bytes, sizeof(Value), 3, sizeof(Value));
  Value value{};
  ASSERT_EQ(sum.size(), sizeof value);
  std::memcpy(&value, sum.data(), sizeof value);
  EXPECT_EQ(value.count, 6u);  // it wraps, as the kernel's counters do
  EXPECT_EQ(value.difference, -4);
  EXPECT_EQ(value.state, 3u);
  EXPECT_STREQ(value.name, "second");
  EXPECT_EQ(value.ratio, 0.75);
}

TEST(ValueLeaves, add_up_bitfields_within_their_bits) {
  TestTypes make;
  const int u32 = make.number("unsigned int", 4);
  const int whole = make.structure("bits", 4, {{"low", u32, 0, 4}, {"rest", u32, 4, 28}});
  const auto leaves = leaves_of(make.set(), static_cast<uint32_t>(whole));
  ASSERT_TRUE(leaves);
  const auto sum =
      sum_of_cpus(*leaves, bytes_of(std::array<uint64_t, 2>{9 | 1 << 4, 9 | 2 << 4}), sizeof(uint64_t), 2, 4);
  EXPECT_EQ(sum, bytes_of(uint32_t{2 | 3 << 4}));
}

TEST(ValueLeaves, give_numbers_to_sort_by) {
  TestTypes make;
  const int s32 = make.number("int", 4, BTF_INT_SIGNED);
  const auto leaves = leaves_of(make.set(), static_cast<uint32_t>(s32));
  ASSERT_TRUE(leaves);
  EXPECT_EQ(leaf_number(leaves->front(), bytes_of(-5)), -5.0);
  EXPECT_EQ(leaf_number(leaves->front(), {}), 0.0);
}

TEST(ValueLeaves, are_none_where_a_type_has_too_many_or_no_end) {
  TestTypes make;
  const int u32 = make.number("unsigned int", 4);
  const int many = make.array(u32, 70'000);
  const int next = static_cast<int>(btf__type_cnt(make.raw()));
  const int endless = make.structure("endless", 4, {{"again", next, 0}});
  const TypeSet types = make.set();
  EXPECT_FALSE(leaves_of(types, static_cast<uint32_t>(many)));
  EXPECT_FALSE(leaves_of(types, static_cast<uint32_t>(endless)));
}

}  // namespace
}  // namespace weir::lab
