// SPDX-License-Identifier: Apache-2.0
#include "lab/register_words.h"

#include <gtest/gtest.h>

namespace weir::lab {
namespace {

TEST(RegisterWords, numbers_have_their_range) {
  EXPECT_EQ(describe_known("5"), "the number 5");
  EXPECT_EQ(describe_known("-1"), "the number -1");
  EXPECT_EQ(describe_known("0x100000000"), "the number 4294967296");
  EXPECT_EQ(describe_known("inv2"), "the number 2");
  EXPECT_EQ(describe_known("inv(id=0)"), "a number of which nothing is known");
  EXPECT_EQ(describe_known("scalar()"), "a number of which nothing is known");
  EXPECT_EQ(describe_known("scalar(id=3)"), "a number of which nothing is known");
  EXPECT_EQ(describe_known("scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))"),
            "a number from 0 to 4294967295");
  EXPECT_EQ(describe_known("scalar(umax=4294967295,var_off=(0x0; 0xffffffff))"),
            "a number from 0 to 4294967295");
  EXPECT_EQ(describe_known("inv(id=0,umax_value=255,var_off=(0x0; 0xff))"), "a number from 0 to 255");
  EXPECT_EQ(describe_known("scalar(smin=umin=umin32=1,smax=umax=0xffffffff)"),
            "a number from 1 to 4294967295");
  EXPECT_EQ(describe_known("scalar(smin=-2147483648,smax=64)"), "a number from -2147483648 to 64");
}

TEST(RegisterWords, pointers_say_what_they_point_to) {
  EXPECT_EQ(describe_known("ctx()"), "the context");
  EXPECT_EQ(describe_known("ctx(id=0,off=4,imm=0)"), "the context, at byte 4");
  EXPECT_EQ(describe_known("map_value_or_null(id=1,map=counts,ks=4,vs=8)"),
            "a value of the map counts (8 bytes), or NULL");
  EXPECT_EQ(describe_known("map_value(id=0,off=4,ks=4,vs=8,imm=0)"), "a value of a map (8 bytes), at byte 4");
  EXPECT_EQ(describe_known("map_ptr(map=counts,ks=4,vs=8)"), "the map counts");
  EXPECT_EQ(describe_known("pkt(id=0,off=12,r=0)"),
            "the packet at byte 12, and the program has shown that 0 bytes are there");
  EXPECT_EQ(
      describe_known("pkt(id=1,off=14,r=0)"),
      "the packet, 14 bytes behind a place that varies, and the program has shown that 0 bytes are there");
  EXPECT_EQ(describe_known("pkt_end()"), "the packet's end");
  EXPECT_EQ(describe_known("fp0"), "the stack's top");
  EXPECT_EQ(describe_known("fp-16"), "the stack, 16 bytes below its top");
  EXPECT_EQ(describe_known("fp[0]-4"), "a caller's stack, 4 bytes below its top");
  EXPECT_EQ(describe_known("ringbuf_mem(ref_obj_id=2,sz=8)"), "a record of the ring buffer (8 bytes)");
  EXPECT_EQ(describe_known("mem_or_null(id=2,sz=8)"), "memory (8 bytes), or NULL");
  EXPECT_EQ(describe_known("trusted_ptr_task_struct(off=0x186a0)"), "a struct task_struct, at byte 0x186a0");
  EXPECT_EQ(describe_known("sock_common_or_null(id=2)"), "a socket, or NULL");
}

TEST(RegisterWords, pieces_of_the_stack_are_told_byte_by_byte) {
  EXPECT_EQ(describe_stack("mmmmmmmm"), "written, its content is not known");
  EXPECT_EQ(describe_stack("00000000"), "zeros");
  EXPECT_EQ(describe_stack("????????"), "never written");
  EXPECT_EQ(describe_stack("mmmm????"), "4 of 8 bytes written, 4 of 8 bytes never written");
  EXPECT_EQ(describe_stack("map_value(map=m,vs=4)"), "a value of the map m (4 bytes)");
}

TEST(RegisterWords, an_attribute_has_several_names_for_one_value) {
  constexpr std::string_view kValue =
      "scalar(id=3,smin=smin32=0,smax=umax=smax32=umax32=64,var_off=(0x0; 0x7f))";
  EXPECT_EQ(attribute(kValue, "id"), "3");
  EXPECT_EQ(attribute(kValue, "smin"), "0");
  EXPECT_EQ(attribute(kValue, "umax"), "64");
  EXPECT_EQ(attribute(kValue, "var_off"), "(0x0; 0x7f)");
  EXPECT_EQ(attribute(kValue, "umin"), "");
  EXPECT_EQ(attribute("ctx", "off"), "");
}

TEST(RegisterWords, what_is_not_known_stays_as_it_is) {
  EXPECT_EQ(describe_known("quux(a=1)"), "quux(a=1)");
  EXPECT_EQ(describe_known(""), "unknown");
  EXPECT_EQ(describe_known("scalar(((((smin=,=,"), "a number of which nothing is known");
  EXPECT_EQ(describe_known("fp[9"), "a caller's stack's top");
}

}  // namespace
}  // namespace weir::lab
