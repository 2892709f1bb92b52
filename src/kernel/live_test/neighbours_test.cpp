// SPDX-License-Identifier: Apache-2.0
#include "kernel/neighbours.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/live_test/child.h"
#include "kernel/live_test/network_namespace.h"
#include "kernel/tiny_program.h"

namespace weir::kernel {
namespace {

const Neighbour* at_hook(const Neighbourhood& found, const std::string& hook) {
  const auto at = std::find_if(found.neighbours.begin(), found.neighbours.end(),
                               [&hook](const Neighbour& one) { return one.hook == hook; });
  return at == found.neighbours.end() ? nullptr : &*at;
}

base::UniqueFd load(bpf_prog_type type, int verdict, const char* name) {
  auto program = load_tiny_program({.type = type, .body = {}, .verdict = verdict, .name = name});
  EXPECT_TRUE(program) << program.error().message;
  return program ? std::move(*program) : base::UniqueFd();
}

TEST(Neighbours, an_empty_namespace_has_none) {
  const NetworkNamespace space;
  const auto found = find_neighbours(-1);
  EXPECT_TRUE(found.neighbours.empty());
  EXPECT_TRUE(found.notes.empty()) << found.notes.front();
}

TEST(Neighbours, xdp_tcx_and_filters_are_found_by_name_and_place) {
  const NetworkNamespace space;
  const base::UniqueFd xdp = load(BPF_PROG_TYPE_XDP, XDP_PASS, "their_xdp");
  const base::UniqueFd tc = load(BPF_PROG_TYPE_SCHED_CLS, -1, "their_tc");
  const auto xdp_link = attach_xdp(xdp.get(), space.ifindex(), XdpMode::generic);
  const auto tcx_link = attach_tcx(tc.get(), space.ifindex(), Traffic::egress);
  auto filters = ClsactFilters::open();
  ASSERT_TRUE(filters);
  ASSERT_TRUE(filters->attach(tc.get(), space.ifindex(), Traffic::ingress));
  ASSERT_EQ(space.run("tc filter add dev weir0 ingress protocol all prio 9 u32 match u32 0 0 flowid 1:1"),
            "");

  const auto found = find_neighbours(-1);
  const Neighbour* generic = at_hook(found, "xdp generic");
  ASSERT_NE(generic, nullptr);
  EXPECT_EQ(generic->place, "weir0");
  EXPECT_EQ(generic->program_name, "their_xdp");
  EXPECT_TRUE(generic->exclusive);
  const Neighbour* tcx = at_hook(found, "tcx egress");
  EXPECT_EQ(tcx != nullptr, tcx_link.has_value());
  if (tcx != nullptr) {
    EXPECT_EQ(tcx->program_name, "their_tc");
    EXPECT_FALSE(tcx->exclusive);
  }
  const Neighbour* clsact = at_hook(found, "clsact ingress");
  ASSERT_NE(clsact, nullptr);
  EXPECT_EQ(clsact->program_name, "their_tc");
  EXPECT_EQ(clsact->priority, 1U);
  EXPECT_TRUE(clsact->weirs);
  EXPECT_EQ(std::count_if(
                found.neighbours.begin(), found.neighbours.end(),
                [](const Neighbour& one) { return one.kind == "u32" && one.program_id == 0 && !one.weirs; }),
            1);
}

TEST(Neighbours, the_process_that_holds_the_link_is_named) {
  const NetworkNamespace space;
  Child holder([&space] {
    const base::UniqueFd program = load(BPF_PROG_TYPE_XDP, XDP_PASS, "their_xdp");
    auto link = attach_xdp(program.get(), space.ifindex(), XdpMode::generic);
    return link && link->release() >= 0;
  });
  ASSERT_TRUE(holder.ready());
  const auto found = find_neighbours(-1);
  const Neighbour* generic = at_hook(found, "xdp generic");
  ASSERT_NE(generic, nullptr);
  ASSERT_EQ(generic->owners.size(), 1U);
  EXPECT_EQ(generic->owners[0].pid, holder.pid());
}

}  // namespace
}  // namespace weir::kernel
