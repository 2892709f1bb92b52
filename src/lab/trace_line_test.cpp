// SPDX-License-Identifier: Apache-2.0
#include "lab/trace_line.h"

#include <gtest/gtest.h>

namespace weir::lab {
namespace {

TEST(TraceLine, has_the_task_the_cpu_the_time_and_the_message) {
  TraceLine line;
  ASSERT_TRUE(parse_trace_line(
      "            bash-4121    [001] d..31  1234.567890: bpf_trace_printk: hello: 5 [x]", line));
  EXPECT_EQ(line.task, "bash");
  EXPECT_EQ(line.pid, 4121u);
  EXPECT_EQ(line.cpu, 1u);
  EXPECT_EQ(line.time_ns, 1'234'567'890'000u);
  EXPECT_EQ(line.message, "hello: 5 [x]");
}

TEST(TraceLine, of_a_task_whose_name_has_dashes_and_blanks) {
  TraceLine line;
  ASSERT_TRUE(parse_trace_line(" Web Content-x-99  (  88) [012] 17.000001: bpf_trace_printk: ", line));
  EXPECT_EQ(line.task, "Web Content-x");
  EXPECT_EQ(line.pid, 99u);
  EXPECT_EQ(line.cpu, 12u);
  EXPECT_EQ(line.time_ns, 17'000'001'000u);
  EXPECT_EQ(line.message, "");
}

TEST(TraceLine, of_another_form_is_told_apart) {
  TraceLine line;
  for (const char* text :
       {"", "# tracer: nop", "the second line of a message", "bash-1 [000] ..... 1.0: sys_enter: NR 1",
        ": bpf_trace_printk: x", "bash-x [000] d 1.0: bpf_trace_printk: x",
        "bash-1 [0 d 1.0: bpf_trace_printk: x", "bash-1 [0] d 1.x: bpf_trace_printk: x",
        "[0] d 1.0: bpf_trace_printk: x", "bash-1 [99999999999] d 1.0: bpf_trace_printk: x"})
    EXPECT_FALSE(parse_trace_line(text, line)) << text;
}

TEST(TraceLine, of_lost_events_tells_how_many) {
  EXPECT_EQ(lost_trace_events("CPU:1 [LOST 42 EVENTS]"), 42u);
  EXPECT_EQ(lost_trace_events("CPU:1 [LOST  EVENTS]"), 0u);
  EXPECT_EQ(lost_trace_events("CPU:1 [LOST"), 0u);
  EXPECT_EQ(lost_trace_events("bash [LOST 42 EVENTS]"), 0u);
}

}  // namespace
}  // namespace weir::lab
