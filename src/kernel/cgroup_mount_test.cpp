// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_mount.h"

#include <gtest/gtest.h>

namespace weir::kernel {
namespace {

TEST(Mountinfo, reads_root_point_and_file_system_past_any_number_of_optional_fields) {
  const auto mounts = parse_mountinfo(
      "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 master:3 - cgroup2 cgroup2 rw,nsdelegate\n"
      "900 800 0:26 /kubepods/pod1 /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n");
  ASSERT_EQ(mounts.size(), 3U);
  EXPECT_EQ(mounts[0].filesystem, "tmpfs");
  EXPECT_EQ(mounts[1].filesystem, "cgroup2");
  EXPECT_EQ(mounts[1].root, "/");
  EXPECT_EQ(mounts[1].point, "/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts[2].root, "/kubepods/pod1");
}

TEST(Mountinfo, undoes_octal_escapes_and_keeps_what_only_looks_like_one) {
  const auto mounts = parse_mountinfo("1 2 0:3 / /mnt/a\\040b\\134c\\09 rw - cgroup2 none rw\n");
  ASSERT_EQ(mounts.size(), 1U);
  EXPECT_EQ(mounts[0].point, "/mnt/a b\\c\\09");
}

TEST(Mountinfo, skips_lines_that_are_cut_or_have_no_separator) {
  EXPECT_TRUE(parse_mountinfo("").empty());
  EXPECT_TRUE(
      parse_mountinfo("1 2 0:3 / /mnt rw,relatime shared:1\n41 31 0:38 /\n1 2 0:3 / /mnt rw -").empty());
}

}  // namespace
}  // namespace weir::kernel
