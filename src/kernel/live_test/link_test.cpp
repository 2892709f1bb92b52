// SPDX-License-Identifier: Apache-2.0
#include "kernel/link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "kernel/cgroup_mount.h"
#include "kernel/live_test/child.h"
#include "kernel/live_test/network_namespace.h"
#include "kernel/program_info.h"
#include "kernel/tiny_program.h"

namespace weir::kernel {
namespace {

base::UniqueFd load(bpf_prog_type type, uint32_t attach_type, int verdict, const char* name = "test_pass") {
  auto program = load_tiny_program(
      {.type = type, .expected_attach_type = attach_type, .body = {}, .verdict = verdict, .name = name});
  EXPECT_TRUE(program) << program.error().message;
  return program ? std::move(*program) : base::UniqueFd();
}

/// tcx came with 6.6: where the kernel is older, that it says so is what is tested.
bool has_tcx(const base::Result<base::UniqueFd>& attached) {
  if (attached) return true;
  EXPECT_EQ(attached.error().kind, base::ErrorKind::unsupported) << attached.error().message;
  return false;
}

/// How many are attached directly at a cgroup (descriptor) or a tcx hook (ifindex); bpftool 7.1 does not know
/// tcx.
size_t programs_at(int target, uint32_t type) {
  uint32_t ids[64] = {}, count = 64;
  EXPECT_EQ(bpf_prog_query(target, static_cast<bpf_attach_type>(type), 0, nullptr, ids, &count), 0);
  return count;
}

TEST(TcxLink, closing_it_leaves_nothing) {
  const NetworkNamespace space;
  const std::string before = space.everything_attached();
  const base::UniqueFd program = load(BPF_PROG_TYPE_SCHED_CLS, 0, -1);
  auto link = attach_tcx(program.get(), space.ifindex(), Traffic::ingress);
  if (!has_tcx(link)) return;
  auto egress = attach_tcx(program.get(), space.ifindex(), Traffic::egress);
  EXPECT_TRUE(egress);
  const int ifindex = static_cast<int>(space.ifindex());
  EXPECT_EQ(programs_at(ifindex, kAttachTcxIngress), 1U);
  EXPECT_EQ(programs_at(ifindex, kAttachTcxEgress), 1U);
  link->reset();
  egress->reset();
  EXPECT_EQ(programs_at(ifindex, kAttachTcxIngress), 0U);
  EXPECT_EQ(programs_at(ifindex, kAttachTcxEgress), 0U);
  EXPECT_EQ(space.everything_attached(), before);
}

TEST(TcxLink, runs_before_those_that_were_there) {
  const NetworkNamespace space;
  const base::UniqueFd drop = load(BPF_PROG_TYPE_SCHED_CLS, 0, 2 /* TC_ACT_SHOT */, "test_drop");
  const base::UniqueFd watch = load(BPF_PROG_TYPE_SCHED_CLS, 0, -1);
  const auto theirs = attach_tcx(drop.get(), space.ifindex(), Traffic::ingress);
  if (!has_tcx(theirs)) return;
  const auto ours = attach_tcx(watch.get(), space.ifindex(), Traffic::ingress);
  ASSERT_TRUE(ours) << ours.error().message;
  struct bpf_prog_query_opts query {};
  query.sz = sizeof query;
  uint32_t ids[8] = {};
  query.prog_ids = ids;
  query.prog_cnt = 8;
  ASSERT_EQ(bpf_prog_query_opts(static_cast<int>(space.ifindex()),
                                static_cast<bpf_attach_type>(kAttachTcxIngress), &query),
            0);
  ASSERT_EQ(query.prog_cnt, 2U);
  EXPECT_EQ(program_info(ids[0])->name, "test_pass");
  EXPECT_EQ(program_info(ids[1])->name, "test_drop");
}

TEST(TcxLink, goes_with_a_killed_process) {
  const NetworkNamespace space;
  const std::string before = space.everything_attached();
  Child weir([&] {
    const base::UniqueFd program = load(BPF_PROG_TYPE_SCHED_CLS, 0, -1);
    auto link = attach_tcx(program.get(), space.ifindex(), Traffic::ingress);
    if (!has_tcx(link)) return false;
    link->release();  // held by the process until it dies
    return true;
  });
  if (!weir.ready()) return;
  const int ifindex = static_cast<int>(space.ifindex());
  EXPECT_EQ(programs_at(ifindex, kAttachTcxIngress), 1U);
  weir.kill();
  // A work queue of the kernel's takes the link away soon after the process.
  for (int i = 0; i < 500 && programs_at(ifindex, kAttachTcxIngress) != 0; ++i) usleep(10000);
  EXPECT_EQ(programs_at(ifindex, kAttachTcxIngress), 0U);
  EXPECT_EQ(space.everything_attached(), before);
}

TEST(XdpLink, closing_it_leaves_nothing) {
  const NetworkNamespace space;
  const std::string before = space.everything_attached();
  const base::UniqueFd program = load(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_PASS);
  for (const XdpMode mode : {XdpMode::generic, XdpMode::driver, XdpMode::automatic}) {
    auto link = attach_xdp(program.get(), space.ifindex(), mode);
    ASSERT_TRUE(link) << link.error().message;
    EXPECT_NE(space.everything_attached(), before);
    link->reset();
    EXPECT_EQ(space.everything_attached(), before);
  }
}

TEST(XdpLink, on_a_veth_automatic_is_generic) {
  const NetworkNamespace space;
  const base::UniqueFd program = load(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_PASS);
  const auto link = attach_xdp(program.get(), space.ifindex(), XdpMode::automatic);
  ASSERT_TRUE(link);
  bpf_xdp_query_opts query{};
  query.sz = sizeof query;
  ASSERT_EQ(bpf_xdp_query(static_cast<int>(space.ifindex()), 0, &query), 0);
  EXPECT_EQ(query.drv_prog_id, 0U);
  EXPECT_NE(query.skb_prog_id, 0U);
}

TEST(XdpLink, names_the_neighbour_that_holds_the_hook) {
  const NetworkNamespace space;
  const base::UniqueFd theirs = load(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_PASS, "xdp_neighbour");
  const auto held = attach_xdp(theirs.get(), space.ifindex(), XdpMode::generic);
  ASSERT_TRUE(held);
  const auto refused = attach_xdp(theirs.get(), space.ifindex(), XdpMode::generic);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::resource);
  EXPECT_NE(refused.error().message.find("xdp_neighbour"), std::string::npos) << refused.error().message;
}

TEST(XdpLink, an_interface_without_a_drivers_hook_is_unsupported) {
  const NetworkNamespace space;
  const base::UniqueFd program = load(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_PASS);
  const auto refused = attach_xdp(program.get(), if_nametoindex("lo"), XdpMode::driver);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::unsupported);
}

TEST(CgroupLink, two_stand_side_by_side_and_closing_them_leaves_nothing) {
  const auto cgroup = open_cgroup2();
  ASSERT_TRUE(cgroup) << cgroup.error().message;
  const size_t before = programs_at(cgroup->root.get(), BPF_CGROUP_INET_EGRESS);
  const base::UniqueFd program = load(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 1);
  {
    const auto one = attach_cgroup(program.get(), cgroup->root.get(), BPF_CGROUP_INET_EGRESS);
    ASSERT_TRUE(one) << one.error().message;
    const base::UniqueFd second = load(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 1);
    const auto two = attach_cgroup(second.get(), cgroup->root.get(), BPF_CGROUP_INET_EGRESS);
    ASSERT_TRUE(two) << two.error().message;
    EXPECT_EQ(programs_at(cgroup->root.get(), BPF_CGROUP_INET_EGRESS), before + 2);
  }
  EXPECT_EQ(programs_at(cgroup->root.get(), BPF_CGROUP_INET_EGRESS), before);
}

TEST(CgroupLink, an_exclusive_neighbour_is_said_to_be_the_reason) {
  const auto cgroup = open_cgroup2();
  ASSERT_TRUE(cgroup);
  ASSERT_EQ(mkdirat(cgroup->root.get(), "weir-link-test", 0755), 0);
  const base::UniqueFd child(
      openat(cgroup->root.get(), "weir-link-test", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const base::UniqueFd program = load(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 1);
  EXPECT_EQ(bpf_prog_attach(program.get(), child.get(), BPF_CGROUP_INET_EGRESS, 0), 0);
  const auto refused = attach_cgroup(program.get(), child.get(), BPF_CGROUP_INET_EGRESS);
  EXPECT_FALSE(refused);
  if (!refused) {
    EXPECT_EQ(refused.error().kind, base::ErrorKind::resource) << refused.error().message;
  }
  EXPECT_EQ(bpf_prog_detach2(program.get(), child.get(), BPF_CGROUP_INET_EGRESS), 0);
  EXPECT_EQ(unlinkat(cgroup->root.get(), "weir-link-test", AT_REMOVEDIR), 0);
}

}  // namespace
}  // namespace weir::kernel
