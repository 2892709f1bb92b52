// SPDX-License-Identifier: Apache-2.0
#include "filter/classic_text.h"

#include <gtest/gtest.h>

#include "filter/expression.h"

namespace weir::filter {
namespace {

constexpr sock_filter kIp[] = {{BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
                               {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x800},
                               {BPF_RET | BPF_K, 0, 0, 262144},
                               {BPF_RET | BPF_K, 0, 0, 0}};

TEST(ClassicText, lists_instructions_as_tcpdump_d_does) {
  EXPECT_EQ(classic_text(kIp, ClassicForm::listing),
            "(000) ldh      [12]\n"
            "(001) jeq      #0x800           jt 2\tjf 3\n"
            "(002) ret      #262144\n"
            "(003) ret      #0\n");
}

TEST(ClassicText, prints_c_and_numbers_as_tcpdump_dd_and_ddd_do) {
  EXPECT_EQ(classic_text(kIp, ClassicForm::c_array),
            "{ 0x28, 0, 0, 0x0000000c },\n"
            "{ 0x15, 0, 1, 0x00000800 },\n"
            "{ 0x6, 0, 0, 0x00040000 },\n"
            "{ 0x6, 0, 0, 0x00000000 },\n");
  EXPECT_EQ(classic_text(kIp, ClassicForm::numbers), "4\n40 0 0 12\n21 0 1 2048\n6 0 0 262144\n6 0 0 0\n");
}

}  // namespace
}  // namespace weir::filter
