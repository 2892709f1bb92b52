// SPDX-License-Identifier: Apache-2.0
#include "kernel/clsact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "kernel/live_test/child.h"
#include "kernel/live_test/network_namespace.h"
#include "kernel/tiny_program.h"

namespace weir::kernel {
namespace {

base::UniqueFd pass_on() {
  auto program =
      load_tiny_program({.type = BPF_PROG_TYPE_SCHED_CLS, .body = {}, .verdict = -1, .name = "test_pass"});
  EXPECT_TRUE(program) << program.error().message;
  return program ? std::move(*program) : base::UniqueFd();
}

TEST(Clsact, attaching_and_detaching_leaves_nothing) {
  const NetworkNamespace space;
  const std::string before = space.everything_attached();
  {
    const base::UniqueFd program = pass_on();
    auto filters = ClsactFilters::open();
    ASSERT_TRUE(filters) << filters.error().message;
    for (const Traffic traffic : {Traffic::ingress, Traffic::egress}) {
      const auto attached = filters->attach(program.get(), space.ifindex(), traffic);
      ASSERT_TRUE(attached) << attached.error().message;
    }
    const auto listed = list_tc_filters(space.ifindex());
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->size(), 2U);
    EXPECT_EQ((*listed)[0].handle >> 22, kClsactMark);
    EXPECT_EQ((*listed)[0].name, "weir_test_pass+clsact");
    EXPECT_EQ((*listed)[0].priority, 1U);
    EXPECT_NE(space.everything_attached(), before);
  }
  EXPECT_EQ(space.everything_attached(), before);
}

TEST(Clsact, goes_before_anothers_filter_and_leaves_it_and_the_qdisc_it_did_not_make) {
  const NetworkNamespace space;
  ASSERT_EQ(space.run("tc qdisc add dev weir0 clsact && "
                      "tc filter add dev weir0 ingress prio 1 protocol ip u32 match u32 0 0 flowid 1:1 && "
                      "tc filter add dev weir0 egress protocol all u32 match u32 0 0 flowid 1:1"),
            "");
  const std::string before = space.everything_attached();
  {
    const base::UniqueFd program = pass_on();
    auto filters = ClsactFilters::open();
    ASSERT_TRUE(filters);
    ASSERT_TRUE(filters->attach(program.get(), space.ifindex(), Traffic::ingress));
    ASSERT_TRUE(filters->attach(program.get(), space.ifindex(), Traffic::egress));
    const auto listed = list_tc_filters(space.ifindex());
    ASSERT_TRUE(listed);
    EXPECT_EQ(
        std::count_if(listed->begin(), listed->end(), [](const TcFilter& one) { return one.kind == "bpf"; }),
        2);
    EXPECT_TRUE(filters->detach());
  }
  EXPECT_EQ(space.everything_attached(), before);
}

TEST(Clsact, an_ingress_qdisc_of_another_gives_no_egress) {
  const NetworkNamespace space;
  space.run("tc qdisc add dev weir0 ingress");
  const std::string before = space.everything_attached();
  const base::UniqueFd program = pass_on();
  auto filters = ClsactFilters::open();
  ASSERT_TRUE(filters);
  EXPECT_TRUE(filters->attach(program.get(), space.ifindex(), Traffic::ingress));
  const auto egress = filters->attach(program.get(), space.ifindex(), Traffic::egress);
  ASSERT_FALSE(egress);
  EXPECT_EQ(egress.error().kind, base::ErrorKind::resource);
  EXPECT_TRUE(filters->detach());
  EXPECT_EQ(space.everything_attached(), before);
}

TEST(Clsact, what_a_killed_weir_left_is_removed_and_anothers_is_not) {
  const NetworkNamespace space;
  ASSERT_EQ(space.run("tc qdisc add dev weir1 clsact && "
                      "tc filter add dev weir1 ingress protocol all u32 match u32 0 0 flowid 1:1"),
            "");
  const std::string before = space.everything_attached();
  const base::UniqueFd program = pass_on();
  Child weir([&] {
    static std::unique_ptr<ClsactFilters> held;
    auto filters = ClsactFilters::open();
    if (!filters) return false;
    held = std::make_unique<ClsactFilters>(std::move(*filters));
    return held->attach(program.get(), space.ifindex(), Traffic::ingress).has_value() &&
           held->attach(program.get(), if_nametoindex("weir1"), Traffic::ingress).has_value();
  });
  ASSERT_TRUE(weir.ready());

  const auto while_alive = list_dead_filters();
  ASSERT_TRUE(while_alive);
  EXPECT_TRUE(while_alive->empty());
  weir.kill();
  const auto dead = list_dead_filters();
  ASSERT_TRUE(dead);
  EXPECT_EQ(dead->size(), 2U);

  const auto removed = remove_dead_filters();
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(removed->size(), 2U);
  EXPECT_EQ(space.everything_attached(), before);
}

TEST(Clsact, a_filter_with_our_mark_but_not_our_name_is_anothers) {
  const NetworkNamespace space;
  // 0x57400001: the mark with owner number 1.
  const std::string said = space.run(
      "tc qdisc add dev weir0 clsact && tc filter add dev weir0 ingress handle 0x57400001 bpf bytecode '1,6 "
      "0 0 0'");
  ASSERT_EQ(said, "");
  const auto listed = list_tc_filters(space.ifindex());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0].handle >> 22, kClsactMark);
  const auto dead = list_dead_filters();
  ASSERT_TRUE(dead);
  EXPECT_TRUE(dead->empty());
}

TEST(Clsact, of_two_weirs_the_last_to_go_takes_the_qdisc_away) {
  const NetworkNamespace space;
  const std::string before = space.everything_attached();
  const base::UniqueFd program = pass_on();
  auto first = ClsactFilters::open();
  auto second = ClsactFilters::open();
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  ASSERT_TRUE(first->attach(program.get(), space.ifindex(), Traffic::ingress));
  ASSERT_TRUE(second->attach(program.get(), space.ifindex(), Traffic::ingress));
  ASSERT_TRUE(first->detach());
  const auto left = list_tc_filters(space.ifindex());
  ASSERT_TRUE(left);
  EXPECT_EQ(left->size(), 1U);
  ASSERT_TRUE(second->detach());
  EXPECT_EQ(space.everything_attached(), before);
}

TEST(Clsact, an_interface_that_vanished_is_no_error) {
  const NetworkNamespace space;
  const base::UniqueFd program = pass_on();
  auto filters = ClsactFilters::open();
  ASSERT_TRUE(filters);
  ASSERT_TRUE(filters->attach(program.get(), space.ifindex(), Traffic::ingress));
  space.run("ip link del weir0");
  const auto detached = filters->detach();
  EXPECT_TRUE(detached) << detached.error().message;
}

}  // namespace
}  // namespace weir::kernel
