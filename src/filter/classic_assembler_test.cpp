// SPDX-License-Identifier: Apache-2.0
#include "filter/classic_assembler.h"

#include <gtest/gtest.h>

#include "filter/classic_text.h"

namespace weir::filter {
namespace {

std::string listing(std::string_view source) {
  const auto program = assemble_classic(source);
  EXPECT_TRUE(program.has_value()) << (program ? "" : program.error().message);
  return program ? classic_text(*program, ClassicForm::numbers) : "";
}

std::string error(std::string_view source) {
  const auto program = assemble_classic(source);
  EXPECT_FALSE(program.has_value());
  return program ? "" : program.error().message;
}

TEST(ClassicAssembler, assembles_the_kernels_examples) {
  EXPECT_EQ(listing("ldh [12]\njne #0x806, drop\nret #-1\ndrop: ret #0\n"),
            "4\n40 0 0 12\n21 0 1 2054\n6 0 0 4294967295\n6 0 0 0\n");
  EXPECT_EQ(listing("ldh [12]\njne #0x800, drop\nldb [23]\njneq #6, drop\nret #-1\ndrop: ret #0"),
            "6\n40 0 0 12\n21 0 3 2048\n48 0 0 23\n21 0 1 6\n6 0 0 4294967295\n6 0 0 0\n");
  EXPECT_EQ(listing("ld vlan_tci\njneq #10, drop\nret #-1\ndrop: ret #0"),
            "4\n32 0 0 4294963244\n21 0 1 10\n6 0 0 4294967295\n6 0 0 0\n");
  EXPECT_EQ(listing("ld rand\nmod #4\njneq #1, drop\nret #-1\ndrop: ret #0\n"),
            "5\n32 0 0 4294963256\n148 0 0 4\n21 0 1 1\n6 0 0 4294967295\n6 0 0 0\n");
  EXPECT_EQ(listing("ld [4]                  /* offsetof(struct seccomp_data, arch) */\n"
                    "jne #0xc000003e, bad    /* AUDIT_ARCH_X86_64 */\n"
                    "ld [0]\njeq #15, good\njeq #231, good\nbad: ret #0\ngood: ret #0x7fff0000\n"),
            "7\n32 0 0 4\n21 0 3 3221225534\n32 0 0 0\n21 2 0 15\n21 1 0 231\n6 0 0 0\n6 0 0 2147418112\n");
}

TEST(ClassicAssembler, assembles_the_programs_of_the_bpf_paper) {
  EXPECT_EQ(listing("      ldh [12]\n"
                    "      jeq #ETHERTYPE IP, L1, L4\n"
                    "L1:   ld [26]\n"
                    "      and #0xffffff00\n"
                    "      jeq #128.3.112, L4, L2\n"
                    "L2:   ld [30]\n"
                    "      and #0xffffff00\n"
                    "      jeq #128.3.112, L4, L3\n"
                    "L3:   ret #TRUE\n"
                    "L4:   ret #0\n"),
            "10\n40 0 0 12\n21 0 7 2048\n32 0 0 26\n84 0 0 4294967040\n21 4 0 2147708928\n32 0 0 30\n"
            "84 0 0 4294967040\n21 1 0 2147708928\n6 0 0 4294967295\n6 0 0 0\n");
  EXPECT_EQ(listing("ldh [12]\njeq #ETHERTYPE_IP, L1, L5\nL1: ldb [23]\njeq #IPPROTO_TCP, L2, L5\n"
                    "L2: ldh [20]\njset #0x1fff, L5, L3\nL3: ldx 4*([14]&0xf)\nldh [x+16]\njeq #23, L4, L5\n"
                    "L4: ret #TRUE\nL5: ret #0\n"),
            "11\n40 0 0 12\n21 0 8 2048\n48 0 0 23\n21 0 6 6\n40 0 0 20\n69 4 0 8191\n177 0 0 14\n72 0 0 16\n"
            "21 0 1 23\n6 0 0 4294967295\n6 0 0 0\n");
}

TEST(ClassicAssembler, takes_every_instruction_and_mode) {
  EXPECT_EQ(
      listing(
          "ld #7\nldi #8\nld M[3]\nld len\nld #len\nld [x + 0x10]\nldh [%x]\nldb [2+x]\nldx #1\nldxi #0b10\n"
          "ldx M[15]\nldx len\nldxb 4*([0]&0xf)\nst M[0]\nstx M[1]\nret a\n"),
      "16\n0 0 0 7\n0 0 0 8\n96 0 0 3\n128 0 0 0\n128 0 0 0\n64 0 0 16\n72 0 0 0\n80 0 0 2\n1 0 0 1\n1 0 0 "
      "2\n"
      "97 0 0 15\n129 0 0 0\n177 0 0 0\n2 0 0 0\n3 0 0 1\n22 0 0 0\n");
  EXPECT_EQ(listing("add #1\nadd x\nsub %x\nmul #010\ndiv #2\nmod x\nneg\nand #3\nor x\nxor #4\nlsh #5\nrsh "
                    "x\ntax\ntxa\nret %a"),
            "15\n4 0 0 1\n12 0 0 0\n28 0 0 0\n36 0 0 8\n52 0 0 2\n156 0 0 0\n132 0 0 0\n84 0 0 3\n76 0 0 "
            "0\n164 0 0 4\n"
            "100 0 0 5\n124 0 0 0\n7 0 0 0\n135 0 0 0\n22 0 0 0\n");
  EXPECT_EQ(listing("ja on\nret #1\non: jmp end\nret #2\nend: ret #3"),
            "5\n5 0 0 1\n6 0 0 1\n5 0 0 1\n6 0 0 2\n6 0 0 3\n");
  EXPECT_EQ(listing("jgt #1, a1, b1\na1: jge x, b1\njlt #2, b1\njle #3, b1\njset %x, b1\nb1: ret #0"),
            "6\n37 0 4 1\n61 3 0 0\n53 0 2 2\n37 0 1 3\n77 0 0 0\n6 0 0 0\n");
}

TEST(ClassicAssembler, leaves_comments_and_empty_lines_out) {
  EXPECT_EQ(listing("; all\n\n  /* of\nit */ only:\n  ret #1 ; whole\n\n"), "1\n6 0 0 1\n");
}

TEST(ClassicAssembler, says_where_and_at_which_word_it_stopped) {
  EXPECT_EQ(error("ldh [12]\n  ldq [3]\n"), "2:3: 'ldq' is no instruction");
  EXPECT_EQ(error("ldh 12]"), "1:5: '12' stands where 4*([k]&0xf) should");
  EXPECT_EQ(error("ldh [12\nret #0"), "1:8: the line ends where ']' should stand");
  EXPECT_EQ(error("ldh [x*2]\nret #0"), "1:7: '*' stands where ']' should");
  EXPECT_EQ(error("jeq #ETHERTYPE_NONE, a, b\nret #0"),
            "1:6: 'ETHERTYPE_NONE' is no number and no name of one");
  EXPECT_EQ(error("jeq #1, there\nret #0"), "1:9: 'there' is no label");
  EXPECT_EQ(error("back: ld #1\njeq #1, back\nret #0"),
            "2:9: 'back' lies behind; classic BPF jumps forward only");
  EXPECT_EQ(error("x1: ret #0\nx1: ret #1"), "2:1: 'x1' names two places");
  EXPECT_EQ(error("ret x"), "1:5: 'x' is no operand that ret takes");
  EXPECT_EQ(error("st #1\nret #0"), "1:4: '#' is no operand that st takes");
  EXPECT_EQ(error("ret #0 #1"), "1:8: '#' stands behind the instruction's end");
  EXPECT_EQ(error("ret #0x1ffffffff"), "1:6: '0x1ffffffff' is no number of 32 bits");
  EXPECT_EQ(error("jeq #1.2.3.4.5, a"), "1:6: '1.2.3.4.5' is no address");
  EXPECT_EQ(error("ldx 4*([14]&0x1f)\nret #0"),
            "1:13: '0x1f' is no 0xf: only the lower half of a byte can be loaded so");
  EXPECT_EQ(error("ret $0"), "1:5: '$' is no part of a program");
  EXPECT_EQ(error("ret #0 /* all"), "1:8: '/*' has no end */");
  EXPECT_EQ(error("ret"), "1:4: the line ends without an operand of ret");
}

TEST(ClassicAssembler, checks_the_program_as_a_whole) {
  EXPECT_EQ(error(""), "the program is empty");
  EXPECT_EQ(error("ld #1\n  tax"), "2:3: 'tax' is the last one and does not return");
  EXPECT_EQ(error("st M[16]\nret #0"), "1:1: 'st' names M[16]; the last is M[15]");
  EXPECT_EQ(error("ret #0\ndiv #0\nret #0"), "2:1: 'div' divides by 0");
  EXPECT_EQ(error("lsh #32\nret #0"), "1:1: 'lsh' shifts by 32 bits; at most 31");
  std::string far = "jeq #0, end\n";
  for (int i = 0; i < 256; ++i) far += "tax\n";
  EXPECT_EQ(error(far + "end: ret #0"), "1:9: 'end' is 256 instructions away; a condition reaches 255");
  std::string long_one;
  for (int i = 0; i < 4097; ++i) long_one += "ret #0\n";
  EXPECT_EQ(error(long_one), "4097:1: 'ret' is one too many; at most 4096");
}

}  // namespace
}  // namespace weir::filter
