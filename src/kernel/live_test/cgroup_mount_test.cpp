// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_mount.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

namespace weir::kernel {
namespace {

/// In a fork with namespaces of its own: exit status 0 for true.
bool holds_in(int namespaces, const std::function<bool()>& claim) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(namespaces) != 0) _exit(2);
    if (namespaces & CLONE_NEWNS) mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    _exit(claim() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Cgroup2, is_found_and_covers_the_node) {
  const auto found = open_cgroup2();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->whole_node);
  EXPECT_TRUE(found->notes.empty());
  EXPECT_EQ(faccessat(found->root.get(), "cgroup.procs", F_OK, 0), 0);
}

TEST(Cgroup2, where_it_is_not_mounted_a_detached_mount_serves_and_shows_nowhere) {
  EXPECT_TRUE(holds_in(CLONE_NEWNS, [] {
    const auto mounted = open_cgroup2();
    if (!mounted || mounted->path.empty() || umount2(mounted->path.c_str(), MNT_DETACH) != 0) return false;
    const auto detached = open_cgroup2();
    if (!detached || !detached->path.empty() || !detached->whole_node || detached->notes.size() != 1)
      return false;
    struct stat one {
    }, two{};
    return fstat(mounted->root.get(), &one) == 0 && fstat(detached->root.get(), &two) == 0 &&
           one.st_ino == two.st_ino && one.st_dev == two.st_dev;
  }));
}

TEST(Cgroup2, inside_a_cgroup_namespace_a_subtree_is_said_to_be_one) {
  const auto root = open_cgroup2();
  ASSERT_TRUE(root);
  ASSERT_EQ(mkdirat(root->root.get(), "weir-namespace-test", 0755), 0);
  EXPECT_TRUE(holds_in(CLONE_NEWNS, [&root] {
    const auto join = [&](const char* file) {
      const base::UniqueFd procs(openat(root->root.get(), file, O_WRONLY));
      return procs.valid() && write(procs.get(), "0", 1) == 1;
    };
    if (!join("weir-namespace-test/cgroup.procs") || unshare(CLONE_NEWCGROUP) != 0) return false;
    if (umount2(root->path.c_str(), MNT_DETACH) != 0) return false;
    const auto seen = open_cgroup2();
    return seen && !seen->whole_node && seen->notes.size() == 2 &&
           seen->notes[1].find("cgroup namespace") != std::string::npos;
  }));
  for (int i = 0; i < 100 && unlinkat(root->root.get(), "weir-namespace-test", AT_REMOVEDIR) != 0; ++i)
    usleep(10000);
  EXPECT_NE(faccessat(root->root.get(), "weir-namespace-test", F_OK, 0), 0);
}

}  // namespace
}  // namespace weir::kernel
