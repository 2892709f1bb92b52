// SPDX-License-Identifier: Apache-2.0
#include "lab/source_functions.h"

#include <gtest/gtest.h>

namespace weir::lab {
namespace {

TEST(SourceFunctions, functions_are_found_by_their_brackets) {
  const auto functions = find_functions(R"(#include <linux/bpf.h>
#define CALL(x) do { \
    x; } while (0)

struct { int a; } counts SEC(".maps");
int table[2] = {1, 2};

static __always_inline int add(int a) { return a + 1; }

/* int not_this(void) { } */
SEC("xdp")
int count(struct xdp_md *ctx) {
  if (ctx) {
    char brace = '}';
    const char *text = "}{";
  }
  return add(1);  // }
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt)
{
  return 0;
}

int later(void);
void __attribute__((noinline)) last(int (*callback)(int)) {
}
)");
  ASSERT_EQ(functions.size(), 4u);
  EXPECT_EQ(functions[0].name, "add");
  EXPECT_EQ(functions[0].first_line, 8u);
  EXPECT_EQ(functions[0].last_line, 8u);
  EXPECT_EQ(functions[1].name, "count");
  EXPECT_EQ(functions[1].first_line, 12u);
  EXPECT_EQ(functions[1].last_line, 18u);
  EXPECT_EQ(functions[2].name, "switched");
  EXPECT_EQ(functions[2].first_line, 21u);
  EXPECT_EQ(functions[2].last_line, 24u);
  EXPECT_EQ(functions[3].name, "last");
}

TEST(SourceFunctions, hostile_text_ends) {
  EXPECT_TRUE(find_functions("").empty());
  EXPECT_TRUE(find_functions("/* never closed").empty());
  EXPECT_TRUE(find_functions("\"never closed").empty());
  EXPECT_TRUE(find_functions("}}}}))))#\\").empty());
  EXPECT_TRUE(find_functions(std::string(100'000, '(')).empty());
  EXPECT_TRUE(find_functions(std::string(100'000, '{')).empty());
  EXPECT_TRUE(find_functions(std::string("int f(\0\xff", 8)).empty());
}

}  // namespace
}  // namespace weir::lab
