// SPDX-License-Identifier: Apache-2.0
#include "app/diagnosis.h"

#include <gtest/gtest.h>

#include "app/doctor_text.h"

namespace weir::app {
namespace {

using kernel::Feature;
using kernel::Verdict;

/// A node where all works, as `probe_features` would say it.
Diagnosis healthy() {
  Diagnosis node;
  node.release = kernel::KernelRelease::parse("6.12.1");
  for (auto feature = Feature::btf; feature <= Feature::uprobe;
       feature = static_cast<Feature>(static_cast<int>(feature) + 1)) {
    kernel::FeatureAnswer answer;
    answer.feature = feature;
    answer.key = "feature";
    answer.verdict = Verdict::yes;
    node.features.push_back(answer);
  }
  node.cgroup = {"/sys/fs/cgroup", true, true, {}};
  return node;
}

void take_away(Diagnosis& node, Feature feature, const std::string& reason) {
  auto& answer = node.features[static_cast<size_t>(feature)];
  answer.verdict = Verdict::no;
  answer.reason = reason;
}

TEST(Uses, a_healthy_node_listens_at_the_cgroup_root_and_at_tcx) {
  Diagnosis node = healthy();
  decide_uses(node);
  ASSERT_EQ(node.uses.size(), 4U);
  EXPECT_EQ(node.uses[0].hook, "cgroup_skb at the cgroup2 root");
  EXPECT_NE(node.uses[0].misses.find("forwarded"), std::string::npos);
  EXPECT_EQ(node.uses[1].hook, "tcx, before all others");
  for (const Use& use : node.uses) EXPECT_TRUE(use.works) << use.verb;
  for (const Part& part : node.parts) EXPECT_TRUE(part.full) << part.subject;
  EXPECT_EQ(node.exit_code, 0);
}

TEST(Uses, without_tcx_clsact_serves_and_the_reason_is_said) {
  Diagnosis node = healthy();
  take_away(node, Feature::tcx, "no such thing");
  decide_uses(node);
  EXPECT_EQ(node.uses[1].hook, "clsact, priority 1");
  EXPECT_NE(node.uses[1].reason.find("no such thing"), std::string::npos);
  EXPECT_EQ(node.exit_code, 0);
}

TEST(Uses, without_cgroups_the_default_is_a_packet_socket_on_every_interface) {
  Diagnosis node = healthy();
  node.cgroup = {"", false, false, {"this kernel has no cgroup2"}};
  decide_uses(node);
  EXPECT_TRUE(node.uses[0].works);
  EXPECT_EQ(node.uses[0].hook, "a packet socket on every interface");
  EXPECT_EQ(node.uses[0].reason, "this kernel has no cgroup2");
  EXPECT_EQ(node.exit_code, 0);
  take_away(node, Feature::socket_filter, "no packet sockets");
  decide_uses(node);
  EXPECT_FALSE(node.uses[0].works);
  EXPECT_EQ(node.uses[0].reason, "this kernel has no cgroup2");
  EXPECT_TRUE(node.uses[1].works);
  EXPECT_EQ(node.exit_code, 4);
}

TEST(Uses, without_tcx_and_clsact_the_packet_socket_is_the_last_resort) {
  Diagnosis node = healthy();
  take_away(node, Feature::tcx, "no tcx");
  take_away(node, Feature::clsact, "no clsact");
  decide_uses(node);
  EXPECT_TRUE(node.uses[1].works);
  EXPECT_EQ(node.uses[1].hook, "a packet socket");
  EXPECT_EQ(node.uses[1].reason, "feature: no clsact");
  take_away(node, Feature::socket_filter, "no packet sockets");
  decide_uses(node);
  EXPECT_FALSE(node.uses[1].works);
  EXPECT_EQ(node.uses[1].reason, "feature: no clsact");
  EXPECT_FALSE(node.uses[3].works);
}

TEST(Uses, a_subtree_is_named_first_among_what_is_not_seen) {
  Diagnosis node = healthy();
  node.cgroup.whole_node = false;
  decide_uses(node);
  EXPECT_EQ(node.uses[0].misses.find("sockets of processes outside this cgroup's subtree"), 0U);
}

TEST(Uses, without_types_or_ring_buffer_nothing_live_runs) {
  for (const Feature ground : {Feature::btf, Feature::ring_buffer}) {
    Diagnosis node = healthy();
    take_away(node, ground, "left out");
    decide_uses(node);
    for (const Use& use : node.uses) EXPECT_FALSE(use.works) << use.verb;
    EXPECT_EQ(node.exit_code, 4);
  }
}

TEST(Uses, a_missing_capability_comes_before_a_missing_feature) {
  Diagnosis node = healthy();
  take_away(node, Feature::btf, "left out");
  node.missing_capabilities = "CAP_BPF is missing: run as root";
  decide_uses(node);
  EXPECT_EQ(node.uses[0].reason, "CAP_BPF is missing: run as root");
  EXPECT_EQ(node.exit_code, 3);
}

TEST(Uses, a_part_that_lacks_its_feature_says_what_it_does_instead) {
  Diagnosis node = healthy();
  take_away(node, Feature::iterator_task_file, "too old");
  decide_uses(node);
  int lesser = 0;
  for (const Part& part : node.parts) {
    if (part.full) continue;
    ++lesser;
    EXPECT_EQ(part.subject, "sockets older than Weir");
    EXPECT_NE(part.source.find("too old"), std::string::npos);
  }
  EXPECT_EQ(lesser, 1);
  EXPECT_EQ(node.exit_code, 0);
}

TEST(Explain, names_the_version_the_options_and_then_the_kernels_words) {
  kernel::FeatureAnswer answer;
  answer.verdict = Verdict::no;
  answer.since = "6.6";
  answer.reason = "Invalid argument";
  answer.missing = {"CONFIG_NET_XGRESS"};
  EXPECT_EQ(explain(answer, kernel::KernelRelease::parse("6.1.0-40")),
            "needs Linux 6.6, CONFIG_NET_XGRESS is not set (Invalid argument)");
  answer.missing.clear();
  answer.suspected = {"CONFIG_ONE", "CONFIG_TWO"};
  EXPECT_EQ(explain(answer, kernel::KernelRelease::parse("6.7")),
            "perhaps without CONFIG_ONE, CONFIG_TWO (Invalid argument)");
  answer.suspected.clear();
  answer.missing.clear();
  EXPECT_EQ(explain(answer, kernel::KernelRelease::parse("6.7")), "Invalid argument");
}

TEST(DoctorText, has_no_escape_sequences_without_colour) {
  Diagnosis node = healthy();
  take_away(node, Feature::kprobe, "compiled out");
  decide_uses(node);
  EXPECT_EQ(doctor_text(node, false).find('\033'), std::string::npos);
  EXPECT_NE(doctor_text(node, true).find("\033[31mno"), std::string::npos);
  EXPECT_NE(doctor_text(node, false).find("no   compiled out"), std::string::npos);
}

TEST(DoctorText, names_neighbours_their_holders_and_what_a_dead_weir_left) {
  Diagnosis node = healthy();
  kernel::Neighbour one;
  one.hook = "xdp native";
  one.place = "eth7";
  one.program_id = 12;
  one.program_name = "lb_main";
  one.exclusive = true;
  one.owners = {{77, "balancer"}};
  node.neighbourhood.neighbours.push_back(one);
  kernel::TcFilter dead;
  dead.name = "weir_tc_in";
  dead.handle = 0x57400123;
  dead.priority = 1;
  node.dead_filters.push_back(dead);
  decide_uses(node);
  const std::string text = doctor_text(node, false);
  EXPECT_NE(text.find("lb_main (program 12), held by balancer[77]; no other program"), std::string::npos)
      << text;
  EXPECT_NE(text.find("weir_tc_in (handle 0x57400123, priority 1); `weir doctor --clean` removes it"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::app
