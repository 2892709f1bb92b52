// SPDX-License-Identifier: Apache-2.0
#include "lab/type_header.h"

#include <gtest/gtest.h>

#include "lab/test_types.h"

namespace weir::lab {
namespace {

std::string header(const TypeSet& types, uint32_t only = 0) {
  std::string text;
  const auto written = write_header(types, only, [&](std::string_view piece) { text += piece; });
  return written ? text : "! " + written.error().message;
}

uint32_t next_id(TestTypes& make) {
  return btf__type_cnt(make.raw());
}

TEST(TypeHeader, writes_what_c_can_include) {
  TestTypes make;
  const int number = make.number("unsigned int", 4);
  const int other = make.structure("other", 4, {{"y", number, 0}});
  make.structure("pair", 8, {{"x", number, 0}, {"inside", other, 32}});
  const std::string text = header(make.set());
  EXPECT_NE(text.find("struct pair {\n\tunsigned int x;\n\tstruct other inside;\n};\n"), std::string::npos)
      << text;
  EXPECT_LT(text.find("struct other {"), text.find("struct pair {"));
}

TEST(TypeHeader, writes_one_type_with_what_it_needs) {
  TestTypes make;
  const int number = make.number("unsigned int", 4);
  const int wanted = make.structure("wanted", 4, {{"x", number, 0}});
  make.structure("unwanted", 4, {{"x", number, 0}});
  const std::string text = header(make.set(), static_cast<uint32_t>(wanted));
  EXPECT_NE(text.find("struct wanted {"), std::string::npos);
  EXPECT_EQ(text.find("unwanted"), std::string::npos);
}

TEST(TypeHeader, a_list_of_itself_by_pointers_is_no_circle) {
  TestTypes make;
  const int pointer = btf__add_ptr(make.raw(), static_cast<int>(next_id(make)) + 1);
  make.structure("node", 8, {{"next", pointer, 0}});
  EXPECT_NE(header(make.set()).find("struct node *next;"), std::string::npos);
}

TEST(TypeHeader, refuses_types_that_contain_themselves) {
  TestTypes by_value, by_typedef, by_pointer;
  by_value.structure("endless", 4, {{"again", static_cast<int>(next_id(by_value)), 0}});
  btf__add_typedef(by_typedef.raw(), "loop", static_cast<int>(next_id(by_typedef)));
  btf__add_ptr(by_pointer.raw(), static_cast<int>(next_id(by_pointer)));
  for (TestTypes* make : {&by_value, &by_typedef, &by_pointer})
    EXPECT_EQ(header(make->set()), "! BTF type 1 contains itself");
}

TEST(TypeHeader, refuses_ids_and_names_that_are_not_there) {
  TestTypes make;
  make.structure("pair", 8, {{"x", 77, 0}});
  EXPECT_EQ(header(make.set()), "! BTF type 1 names a type that is not there");
  TestTypes escape;
  escape.structure("\x1b[2J", 0, {});
  EXPECT_EQ(header(escape.set()), "! BTF type 1 has a name that is none");
}

TEST(TypeHeader, refuses_chains_doublings_and_gaps_without_measure) {
  TestTypes chain;
  int id = chain.number("int", 4);
  for (int i = 0; i < 3000; ++i) id = btf__add_const(chain.raw(), id);
  EXPECT_NE(header(chain.set()).find("is nested too deep"), std::string::npos);
  TestTypes doubling;
  id = doubling.number("int", 4);
  for (int i = 0; i < 40; ++i) {
    const std::string name = "s" + std::to_string(i);
    id = doubling.structure(name.c_str(), 4, {{"a", id, 0}, {"b", id, 0}});
  }
  EXPECT_NE(header(doubling.set()).find("too many members of members"), std::string::npos);
  TestTypes gap;
  gap.structure("gap", 0x7fffffff, {});
  EXPECT_EQ(header(gap.set()), "! BTF type 1 has more padding than any compiler leaves");
}

}  // namespace
}  // namespace weir::lab
