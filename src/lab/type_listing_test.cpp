// SPDX-License-Identifier: Apache-2.0
#include "lab/type_listing.h"

#include <gtest/gtest.h>

#include "lab/test_types.h"

namespace weir::lab {
namespace {

TEST(TypeListing, writes_each_kind_as_bpftool_does) {
  TestTypes make;
  const int number = make.number("int", 4, BTF_INT_SIGNED);  // 1
  const int pair = make.structure("pair", 8, {{"a", number, 0}, {"", number, 32}});
  const int bits = make.structure("bits", 4, {{"low", number, 0, 3}});
  const int state = make.enumeration("state", 4, {{"OFF", 0}, {"BAD", -1}});
  const int wide = btf__add_enum64(make.raw(), "wide", 8, false);
  btf__add_enum64_value(make.raw(), "HUGE", uint64_t{1} << 40);
  const int variable = btf__add_var(make.raw(), "count", BTF_VAR_GLOBAL_ALLOCATED, number);
  const int section = btf__add_datasec(make.raw(), ".bss", 4);
  btf__add_datasec_var_info(make.raw(), variable, 0, 4);
  const int proto = btf__add_func_proto(make.raw(), number);
  btf__add_func_param(make.raw(), "x", number);
  const int function = btf__add_func(make.raw(), "f", BTF_FUNC_STATIC, proto);
  const int unknown = btf__add_fwd(make.raw(), "gone", BTF_FWD_UNION);
  const TypeSet types = make.set();
  const auto text = [&](int id) { return type_text(types, static_cast<uint32_t>(id)); };
  EXPECT_EQ(text(number), "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED");
  EXPECT_EQ(
      text(pair),
      "[2] STRUCT 'pair' size=8 vlen=2\n\t'a' type_id=1 bits_offset=0\n\t'(anon)' type_id=1 bits_offset=32");
  EXPECT_EQ(text(bits), "[3] STRUCT 'bits' size=4 vlen=1\n\t'low' type_id=1 bits_offset=0 bitfield_size=3");
  EXPECT_EQ(text(state), "[4] ENUM 'state' encoding=SIGNED size=4 vlen=2\n\t'OFF' val=0\n\t'BAD' val=-1");
  EXPECT_EQ(text(wide), "[5] ENUM64 'wide' encoding=UNSIGNED size=8 vlen=1\n\t'HUGE' val=1099511627776ULL");
  EXPECT_EQ(text(variable), "[6] VAR 'count' type_id=1, linkage=global");
  EXPECT_EQ(text(section), "[7] DATASEC '.bss' size=4 vlen=1\n\ttype_id=6 offset=0 size=4 (VAR 'count')");
  EXPECT_EQ(text(proto), "[8] FUNC_PROTO '(anon)' ret_type_id=1 vlen=1\n\t'x' type_id=1");
  EXPECT_EQ(text(function), "[9] FUNC 'f' type_id=8 linkage=static");
  EXPECT_EQ(text(unknown), "[10] FWD 'gone' fwd_kind=union");
  const std::string members =
      R"~([{"name":"a","type_id":1,"bits_offset":0},{"name":"(anon)","type_id":1,"bits_offset":32}])~";
  EXPECT_EQ(type_record(types, static_cast<uint32_t>(pair)).object(),
            R"({"id":2,"kind":"STRUCT","name":"pair","size":8,"vlen":2,"members":)" + members + "}");
  EXPECT_EQ(text(99), "");
}

TEST(TypeListing, tells_where_members_lie_also_of_what_has_no_name) {
  TestTypes make;
  const int number = make.number("int", 4);
  const int inner = make.structure("", 4, {{"low", number, 0, 5}, {"high", number, 5, 27}});
  const int whole =
      make.structure("whole", 12, {{"first", number, 0}, {"", inner, 32}, {"last", number, 64}});
  const TypeSet types = make.set();
  EXPECT_EQ(find_type(types, "whole"), static_cast<uint32_t>(whole));
  EXPECT_EQ(find_type(types, "nothing"), 0u);
  EXPECT_EQ(layout_text(types, static_cast<uint32_t>(whole)),
            "struct whole, 12 bytes\n"
            "       0            4  int  first\n"
            "       4            4  struct {...}\n"
            "       4.0     5 bits  int  low\n"
            "       4.5    27 bits  int  high\n"
            "       8            4  int  last\n");
}

TEST(TypeListing, names_types_as_c_does) {
  TestTypes make;
  const int character = make.number("char", 1);
  const int text = btf__add_ptr(make.raw(), btf__add_const(make.raw(), character));
  const int texts = make.array(text, 4);
  const int task = btf__add_ptr(make.raw(), btf__add_fwd(make.raw(), "task_struct", BTF_FWD_STRUCT));
  const TypeSet types = make.set();
  EXPECT_EQ(types.type_name(static_cast<uint32_t>(text)), "const char *");
  EXPECT_EQ(types.type_name(static_cast<uint32_t>(task)), "struct task_struct *");
  EXPECT_EQ(types.type_name(static_cast<uint32_t>(texts)), "const char *[4]");
  EXPECT_EQ(types.type_name(0), "void");
  EXPECT_EQ(types.type_name(4711), "?");
}

}  // namespace
}  // namespace weir::lab
