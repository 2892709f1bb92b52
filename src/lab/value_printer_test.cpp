// SPDX-License-Identifier: Apache-2.0
#include "lab/value_printer.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "lab/test_types.h"

namespace weir::lab {
namespace {

std::string printed(const TypeSet& types, int type, std::span<const std::byte> bytes,
                    ValueForm form = ValueForm::text, PrintProblem expected = PrintProblem::none) {
  std::string text;
  EXPECT_EQ(print_value(types, static_cast<uint32_t>(type), bytes, form, text), expected) << text;
  return text;
}

std::string json(const TypeSet& types, int type, std::span<const std::byte> bytes) {
  return printed(types, type, bytes, ValueForm::json);
}

TEST(ValuePrinter, prints_ints_of_every_width_and_sign) {
  TestTypes make;
  const int u8 = make.number("unsigned char", 1), s8 = make.number("signed char", 1, BTF_INT_SIGNED);
  const int u16 = make.number("unsigned short", 2), s16 = make.number("short", 2, BTF_INT_SIGNED);
  const int u32 = make.number("unsigned int", 4), s32 = make.number("int", 4, BTF_INT_SIGNED);
  const int u64 = make.number("unsigned long", 8), s64 = make.number("long", 8, BTF_INT_SIGNED);
  const int u128 = make.number("unsigned __int128", 16), truth = make.number("_Bool", 1, BTF_INT_BOOL);
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, u8, bytes_of(uint8_t{255})), "255");
  EXPECT_EQ(printed(types, s8, bytes_of(int8_t{-128})), "-128");
  EXPECT_EQ(printed(types, u16, bytes_of(uint16_t{65535})), "65535");
  EXPECT_EQ(printed(types, s16, bytes_of(int16_t{-2})), "-2");
  EXPECT_EQ(printed(types, u32, bytes_of(uint32_t{4294967295})), "4294967295");
  EXPECT_EQ(printed(types, s32, bytes_of(int32_t{-1})), "-1");
  EXPECT_EQ(json(types, u64, bytes_of(std::numeric_limits<uint64_t>::max())), "18446744073709551615");
  EXPECT_EQ(json(types, s64, bytes_of(std::numeric_limits<int64_t>::min())), "-9223372036854775808");
  const std::array<uint64_t, 2> wide{0x0f, 0x1};
  EXPECT_EQ(printed(types, u128, bytes_of(wide)), "0x1000000000000000f");
  EXPECT_EQ(json(types, u128, bytes_of(wide)), "\"0x1000000000000000f\"");
  EXPECT_EQ(printed(types, truth, bytes_of(uint8_t{1})), "true");
  EXPECT_EQ(printed(types, truth, bytes_of(uint8_t{0})), "false");
}

TEST(ValuePrinter, prints_bitfields_of_each_sign_across_bytes) {
  TestTypes make;
  const int u32 = make.number("unsigned int", 4), s32 = make.number("int", 4, BTF_INT_SIGNED);
  const int flags =
      make.structure("flags", 4, {{"low", u32, 0, 3}, {"across", u32, 3, 11}, {"sign", s32, 14, 4}});
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, flags, bytes_of(uint32_t{5 | 1027u << 3 | 0b1110u << 14})),
            "{low: 5, across: 1027, sign: -2}");
}

TEST(ValuePrinter, prints_structs_unions_and_the_members_of_those_without_a_name) {
  TestTypes make;
  const int u32 = make.number("u32", 4), u8 = make.number("u8", 1);
  const int parts = make.array(u8, 4);
  const int either = make.alternatives("", 4, {{"number", u32, 0}, {"bytes", parts, 0}});
  const int inner = make.structure("inner", 4, {{"x", u32, 0}});
  const int whole = make.structure("whole", 12, {{"first", u32, 0}, {"", either, 32}, {"last", inner, 64}});
  const TypeSet types = make.set();
  const auto bytes = bytes_of(std::array<uint32_t, 3>{1, 0x04030201, 7});
  EXPECT_EQ(printed(types, whole, bytes), "{first: 1, number: 67305985, bytes: [1, 2, 3, 4], last: {x: 7}}");
  EXPECT_EQ(json(types, whole, bytes), R"({"first":1,"number":67305985,"bytes":[1,2,3,4],"last":{"x":7}})");
}

TEST(ValuePrinter, prints_arrays_of_char_as_text_where_they_are_text) {
  TestTypes make;
  const int character = make.number("char", 1, BTF_INT_SIGNED), byte = make.number("unsigned char", 1);
  const int text = make.array(character, 8), raw = make.array(byte, 2);
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, text, bytes_of(std::array<char, 8>{'c', 'u', '"', 'l', 0, 'x'})), R"("cu\"l")");
  EXPECT_EQ(printed(types, text, bytes_of(std::array<char, 8>{})), "\"\"");
  // Without a NUL, or with a control character, nothing may be lost.
  EXPECT_EQ(printed(types, text, bytes_of(std::array<char, 8>{'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'})),
            "[97, 98, 99, 100, 101, 102, 103, 104]");
  EXPECT_EQ(printed(types, text, bytes_of(std::array<char, 8>{'\n', 'b'})), "[10, 98, 0, 0, 0, 0, 0, 0]");
  EXPECT_EQ(printed(types, raw, bytes_of(std::array<char, 2>{'h', 0})), "[104, 0]");
}

TEST(ValuePrinter, prints_enums_by_name_and_other_values_as_numbers) {
  TestTypes make;
  const int state = make.enumeration("state", 4, {{"CLOSED", 0}, {"LISTEN", 10}});
  const int sign = make.enumeration("sign", 4, {{"MINUS", -1}, {"NONE", 0}});
  const int wide = btf__add_enum64(make.raw(), "wide", 8, false);
  btf__add_enum64_value(make.raw(), "HUGE", uint64_t{1} << 40);
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, state, bytes_of(10)), "LISTEN");
  EXPECT_EQ(json(types, state, bytes_of(10)), "\"LISTEN\"");
  EXPECT_EQ(printed(types, state, bytes_of(-1)), "4294967295");
  EXPECT_EQ(printed(types, sign, bytes_of(-1)), "MINUS");
  EXPECT_EQ(printed(types, sign, bytes_of(-7)), "-7");
  EXPECT_EQ(printed(types, wide, bytes_of(uint64_t{1} << 40)), "HUGE");
  EXPECT_EQ(printed(types, wide, bytes_of(uint64_t{1} << 41)), "2199023255552");
}

TEST(ValuePrinter, prints_pointers_and_floats) {
  TestTypes make;
  const int pointer = btf__add_ptr(make.raw(), 0);
  const int single = btf__add_float(make.raw(), "float", 4), twice = btf__add_float(make.raw(), "double", 8);
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, pointer, bytes_of(uint64_t{0xffff888000001000})), "0xffff888000001000");
  EXPECT_EQ(json(types, pointer, bytes_of(uint64_t{4096})), "4096");
  EXPECT_EQ(printed(types, single, bytes_of(0.1f)), "0.1");
  EXPECT_EQ(printed(types, twice, bytes_of(-2.5)), "-2.5");
  EXPECT_EQ(json(types, twice, bytes_of(std::nan(""))), "null");
}

TEST(ValuePrinter, goes_behind_typedefs_qualifiers_and_tags) {
  TestTypes make;
  int id = make.number("unsigned int", 4);
  id = btf__add_const(make.raw(), id);
  id = btf__add_typedef(make.raw(), "u32", id);
  id = btf__add_type_tag(make.raw(), "percpu", id);
  id = btf__add_volatile(make.raw(), id);
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, id, bytes_of(uint32_t{9})), "9");
  EXPECT_EQ(types.size(static_cast<uint32_t>(id)), 4u);
}

TEST(ValuePrinter, prints_the_variables_of_a_data_section) {
  TestTypes make;
  const int u32 = make.number("unsigned int", 4);
  const int count = btf__add_var(make.raw(), "count", BTF_VAR_GLOBAL_ALLOCATED, u32);
  const int limit = btf__add_var(make.raw(), "limit", BTF_VAR_STATIC, u32);
  const int section = btf__add_datasec(make.raw(), ".bss", 8);
  btf__add_datasec_var_info(make.raw(), count, 0, 4);
  btf__add_datasec_var_info(make.raw(), limit, 4, 4);
  const TypeSet types = make.set();
  EXPECT_EQ(json(types, section, bytes_of(std::array<uint32_t, 2>{3, 5})), R"({"count":3,"limit":5})");
}

TEST(ValuePrinter, a_type_that_is_longer_than_its_bytes_stays_well_formed) {
  TestTypes make;
  const int u32 = make.number("unsigned int", 4);
  const int pair = make.structure("pair", 8, {{"a", u32, 0}, {"b", u32, 32}});
  const int row = make.array(u32, 4'000'000'000);
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, pair, bytes_of(1), ValueForm::json, PrintProblem::short_bytes),
            R"({"a":1,"b":null})");
  EXPECT_EQ(printed(types, row, bytes_of(1), ValueForm::json, PrintProblem::short_bytes), "[1,null]");
}

TEST(ValuePrinter, what_has_no_values_is_null) {
  TestTypes make;
  const int unknown = btf__add_fwd(make.raw(), "task_struct", BTF_FWD_STRUCT);
  const int nothing = btf__add_func_proto(make.raw(), 0);
  const TypeSet types = make.set();
  EXPECT_EQ(printed(types, unknown, bytes_of(1), ValueForm::json, PrintProblem::no_type), "null");
  EXPECT_EQ(printed(types, nothing, bytes_of(1), ValueForm::text, PrintProblem::no_type), "?");
  EXPECT_EQ(printed(types, 0, bytes_of(1), ValueForm::json, PrintProblem::no_type), "null");
  EXPECT_EQ(printed(types, 4711, bytes_of(1), ValueForm::json, PrintProblem::no_type), "null");
}

TEST(ValuePrinter, ends_with_types_that_go_on_for_ever) {
  TestTypes make;
  // A struct that holds itself; ids are given in order, so the next one is known.
  const int next = static_cast<int>(btf__type_cnt(make.raw()));
  const int endless = make.structure("endless", 4, {{"again", next, 0}});
  const int loop = static_cast<int>(btf__type_cnt(make.raw()));
  btf__add_typedef(make.raw(), "loop", loop);
  const int empty = make.structure("empty", 0, {});
  const int many = make.array(empty, 4'000'000'000);
  const TypeSet types = make.set();
  EXPECT_NE(printed(types, endless, bytes_of(1), ValueForm::json, PrintProblem::too_deep).find("null"),
            std::string::npos);
  EXPECT_EQ(printed(types, loop, bytes_of(1), ValueForm::json, PrintProblem::no_type), "null");
  const std::string long_text = printed(types, many, {}, ValueForm::json, PrintProblem::too_long);
  EXPECT_TRUE(long_text.ends_with(",null]"));
  EXPECT_LT(long_text.size(), size_t{32} << 20);
}

TEST(ValuePrinter, prints_bytes_without_a_type_as_hex) {
  std::string text;
  print_bytes(bytes_of(uint32_t{0x0100000a}), ValueForm::text, text);
  EXPECT_EQ(text, "hex:0a000001");
}

}  // namespace
}  // namespace weir::lab
