// SPDX-License-Identifier: Apache-2.0
#include "lab/section_name.h"

#include <gtest/gtest.h>

namespace weir::lab {
namespace {

TEST(SectionName, a_wrong_name_is_answered_with_what_was_meant) {
  EXPECT_EQ(section_advice("XDP"), "did you mean SEC(\"xdp\")?");
  EXPECT_EQ(section_advice("xdp_prog"), "did you mean SEC(\"xdp\")?");
  EXPECT_EQ(section_advice("TC"), "did you mean SEC(\"tc\")?");
  EXPECT_EQ(section_advice("socket_filter"), "did you mean SEC(\"socket\")?");
  EXPECT_EQ(section_advice("Kprobe/do_unlinkat"), "did you mean SEC(\"kprobe/do_unlinkat\")?");
  EXPECT_EQ(section_advice("tracepint/syscalls/sys_enter_execve"),
            "did you mean SEC(\"tracepoint/syscalls/sys_enter_execve\")?");
  EXPECT_EQ(section_advice("cgroup/conect4"), "did you mean SEC(\"cgroup/connect4\")?");
  EXPECT_EQ(section_advice("cgroup/ingress"), "did you mean SEC(\"cgroup_skb/ingress\")?");
  EXPECT_TRUE(section_advice("zzzzzzzzzzzz").starts_with("no program type has this name"));
  EXPECT_TRUE(section_advice("").starts_with("no program type has this name"));
}

TEST(SectionName, sections_that_libbpf_does_not_know_have_their_type) {
  const auto tcx = newer_section("tcx/ingress");
  ASSERT_TRUE(tcx);
  EXPECT_EQ(tcx->program_type, 3u);
  EXPECT_EQ(tcx->attach_type, 46u);
  EXPECT_TRUE(newer_section("uprobe.multi//usr/bin/bash:readline"));
  EXPECT_FALSE(newer_section("xdp"));
  EXPECT_FALSE(newer_section("tcx/ingresses"));
}

}  // namespace
}  // namespace weir::lab
