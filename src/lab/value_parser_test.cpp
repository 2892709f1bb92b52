// SPDX-License-Identifier: Apache-2.0
#include "lab/value_parser.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "lab/test_types.h"
#include "lab/value_printer.h"

namespace weir::lab {
namespace {

/// Some of each kind of type.
struct ValueParser : testing::Test {
  TestTypes make;
  int u8 = make.number("unsigned char", 1), s8 = make.number("signed char", 1, BTF_INT_SIGNED);
  int u16 = make.number("unsigned short", 2), s32 = make.number("int", 4, BTF_INT_SIGNED);
  int u32 = make.number("unsigned int", 4), u64 = make.number("unsigned long", 8);
  int u128 = make.number("unsigned __int128", 16), truth = make.number("_Bool", 1, BTF_INT_BOOL);
  int character = make.number("char", 1, BTF_INT_SIGNED);
  int text = make.array(character, 8), bytes4 = make.array(u8, 4), bytes16 = make.array(u8, 16);
  int state = make.enumeration("state", 4, {{"CLOSED", 0}, {"LISTEN", 10}, {"MINUS", -1}});
  int single = btf__add_float(make.raw(), "float", 4), twice = btf__add_float(make.raw(), "double", 8);
  int pointer = btf__add_ptr(make.raw(), 0);
  int choice = make.alternatives("", 4, {{"number", u32, 0}, {"address", bytes4, 0}});
  int inner = make.structure("inner", 8, {{"low", u32, 0, 5}, {"high", s32, 5, 7}, {"left", s32, 32}});
  int whole = make.structure("whole", 64,
                             {{"pid", u32, 0},
                              {"state", state, 32},
                              {"name", text, 64},
                              {"", choice, 128},
                              {"inner", inner, 160},
                              {"truth", truth, 224},
                              {"ratio", twice, 256},
                              {"wide", u128, 320},
                              {"place", pointer, 448}});
  TypeSet types = make.set();

  std::string parse(int type, std::string_view written, std::vector<std::byte> bytes = {}) {
    bytes.resize(types.size(static_cast<uint32_t>(type)).value());
    const auto parsed = parse_value(types, static_cast<uint32_t>(type), written, bytes);
    if (!parsed) {
      EXPECT_EQ(parsed.error().kind, base::ErrorKind::bad_input);
      return "! " + parsed.error().message;
    }
    std::string printed;
    print_value(types, static_cast<uint32_t>(type), bytes, ValueForm::text, printed);
    return printed;
  }
};

TEST_F(ValueParser, reads_numbers_of_every_form_that_fit) {
  EXPECT_EQ(parse(u8, "255"), "255");
  EXPECT_EQ(parse(u8, " 0xff "), "255");
  EXPECT_EQ(parse(u8, "0b101"), "5");
  EXPECT_EQ(parse(u8, "'a'"), "97");
  EXPECT_EQ(parse(s8, "-128"), "-128");
  EXPECT_EQ(parse(s8, "0xff"), "-1");
  EXPECT_EQ(parse(u64, "\"18446744073709551615\""), "18446744073709551615");
  EXPECT_EQ(parse(u128, "0xffffffffffffffffffffffffffffffff"), "0xffffffffffffffffffffffffffffffff");
  EXPECT_EQ(parse(truth, "true"), "true");
  EXPECT_EQ(parse(truth, "0"), "false");
  EXPECT_EQ(parse(single, "0.1"), "0.1");
  EXPECT_EQ(parse(twice, "-1e300"), "-1e+300");
  EXPECT_EQ(parse(pointer, "0xffff888000001000"), "0xffff888000001000");
}

TEST_F(ValueParser, refuses_numbers_that_do_not_fit) {
  EXPECT_EQ(parse(u8, "256"), "! at '256': does not fit into 8 bits");
  EXPECT_EQ(parse(u8, "-1"), "! at '-1': does not fit into 8 bits");
  EXPECT_EQ(parse(s8, "128"), "! at '128': does not fit into signed 8 bits");
  EXPECT_EQ(parse(s8, "-129"), "! at '-129': does not fit into signed 8 bits");
  EXPECT_EQ(parse(u128, "0x100000000000000000000000000000000"),
            "! at '0x1000000000000000000000...': a number is needed");
  EXPECT_EQ(parse(u32, ""), "! at its end: a number is needed");
  EXPECT_EQ(parse(u32, "1 2"), "! at '2': too much");
}

TEST_F(ValueParser, reads_addresses_in_network_order) {
  EXPECT_EQ(parse(u32, "10.0.0.1"), "16777226");
  EXPECT_EQ(parse(bytes4, "10.0.0.1"), "[10, 0, 0, 1]");
  EXPECT_EQ(parse(bytes16, "fe80::1"), "[254, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]");
}

TEST_F(ValueParser, reads_enums_by_name_and_number) {
  EXPECT_EQ(parse(state, "LISTEN"), "LISTEN");
  EXPECT_EQ(parse(state, "\"MINUS\""), "MINUS");
  EXPECT_EQ(parse(state, "10"), "LISTEN");
  EXPECT_EQ(parse(state, "LISTENN"), "! at 'LISTENN': is no name of enum state (CLOSED, LISTEN, MINUS)");
}

TEST_F(ValueParser, reads_structs_as_json_as_c_and_as_they_are_printed) {
  const std::string expected = "{low: 3, high: -2, left: 7}";
  EXPECT_EQ(parse(inner, "{low: 3, high: -2, left: 7}"), expected);
  EXPECT_EQ(parse(inner, R"({"low":3,"high":-2,"left":7})"), expected);
  EXPECT_EQ(parse(inner, "{ .low = 3, .high = -2, .left = 7, }"), expected);
}

TEST_F(ValueParser, leaves_what_is_not_named_as_it_is) {
  EXPECT_EQ(parse(inner, "{high: 1}", bytes_of(std::array<uint32_t, 2>{31, 9})),
            "{low: 31, high: 1, left: 9}");
  EXPECT_EQ(parse(bytes4, "[7]", bytes_of(uint32_t{0x04030201})), "[7, 2, 3, 4]");
}

TEST_F(ValueParser, reads_members_of_unions_without_a_name) {
  EXPECT_NE(parse(whole, "{address: 10.0.0.1}").find("number: 16777226"), std::string::npos);
}

TEST_F(ValueParser, reads_texts_into_arrays_of_char) {
  EXPECT_EQ(parse(text, "\"curl\""), "\"curl\"");
  EXPECT_EQ(parse(text, R"('a\x41\u00e9')"), "[97, 65, -61, -87, 0, 0, 0, 0]");
  EXPECT_EQ(parse(text, "\"123456789\""), "! at '\"123456789\"': has 9 bytes, and 8 are there");
  EXPECT_EQ(parse(text, "\"open"), "! at its end: the quote is not closed");
}

TEST_F(ValueParser, reads_bytes_as_hex_for_any_type) {
  EXPECT_EQ(parse(u32, "hex:0a000001"), "16777226");
  EXPECT_EQ(parse(inner, "hex:0000000007000000"), "{low: 0, high: 0, left: 7}");
  EXPECT_EQ(parse(u32, "hex:0a"), "! at '0a': 8 hexadecimal digits are needed");
}

TEST_F(ValueParser, names_what_there_is_instead_of_a_wrong_member) {
  EXPECT_EQ(parse(inner, "{lwo: 1}"),
            "! at 'lwo: 1}': struct inner has no such member; it has low, high, left");
  EXPECT_EQ(parse(inner, "{low 1}"), "! at '1}': a colon is needed");
  EXPECT_EQ(parse(inner, "{low: 1 high: 2}"), "! at 'high: 2}': a comma or } is needed");
  EXPECT_EQ(parse(inner, "7"), "! at '7': { is needed: struct inner has low, high, left");
  EXPECT_EQ(parse(bytes4, "[1, 2, 3, 4, 5]"), "! at '5]': the array has 4 elements");
}

TEST_F(ValueParser, reads_back_every_value_that_is_printed) {
  std::mt19937 random(7);
  std::vector<std::byte> bytes(64);
  for (int round = 0; round < 2000; ++round) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 3 == 0 ? random() : 0);
    bytes[28] &= std::byte{1};     // a _Bool
    bytes[39] &= std::byte{0x3f};  // a finite double
    for (const ValueForm form : {ValueForm::text, ValueForm::json}) {
      std::string printed, again;
      print_value(types, static_cast<uint32_t>(whole), bytes, form, printed);
      std::vector<std::byte> read(64);
      const auto parsed = parse_value(types, static_cast<uint32_t>(whole), printed, read);
      ASSERT_TRUE(parsed) << parsed.error().message << " in " << printed;
      print_value(types, static_cast<uint32_t>(whole), read, form, again);
      ASSERT_EQ(printed, again);
    }
  }
}

TEST(ValueBytes, without_a_type_are_hex_or_a_number_of_a_plain_size) {
  std::vector<std::byte> four(4), three(3);
  EXPECT_TRUE(parse_bytes("hex:0a000001", four));
  EXPECT_EQ(four, bytes_of(uint32_t{0x0100000a}));
  EXPECT_TRUE(parse_bytes("-2", four));
  EXPECT_EQ(four, bytes_of(int32_t{-2}));
  EXPECT_FALSE(parse_bytes("4294967296", four));
  EXPECT_FALSE(parse_bytes("7", three));
  EXPECT_FALSE(parse_bytes("hex:0a", three));
}

}  // namespace
}  // namespace weir::lab
