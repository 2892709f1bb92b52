// SPDX-License-Identifier: Apache-2.0
#include "kernel/feature_probe.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "kernel/capabilities.h"
#include "kernel/cgroup_mount.h"
#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/live_test/network_namespace.h"
#include "kernel/program_info.h"
#include "kernel/tiny_program.h"

namespace weir::kernel {
namespace {

const std::vector<FeatureAnswer>& answers() {
  static const KernelRelease release = KernelRelease::running();
  static const std::vector<FeatureAnswer> once = probe_features(KernelConfig::of_running(release), release);
  return once;
}

size_t programs_of_probes() {
  size_t count = 0;
  for (uint32_t id = 0; bpf_prog_get_next_id(id, &id) == 0;)
    if (const auto info = program_info(id); info && info->name == "weir_probe") ++count;
  return count;
}

size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

TEST(FeatureProbe, as_root_every_feature_gets_a_yes_or_a_no_with_its_reason) {
  ASSERT_EQ(missing_capabilities_sentence(), "");
  ASSERT_EQ(answers().size(), 26U);
  for (const FeatureAnswer& one : answers()) {
    EXPECT_NE(one.verdict, Verdict::unknown) << one.key;
    if (one.verdict == Verdict::no) {
      EXPECT_FALSE(one.reason.empty()) << one.key;
    } else {
      EXPECT_TRUE(one.missing.empty()) << one.key;
    }
  }
}

TEST(FeatureProbe, a_no_is_the_kernels_age_or_its_configuration_or_a_policy) {
  const KernelRelease release = KernelRelease::running();
  const bool config_known = !KernelConfig::of_running(release).source().empty();
  for (const FeatureAnswer& one : answers()) {
    if (one.verdict != Verdict::no || !config_known) continue;
    const bool policy =
        one.reason.find("policy") != std::string::npos || one.reason.find("lsm=") != std::string::npos;
    EXPECT_TRUE(release.older_than(one.since) || !one.missing.empty() || policy)
        << one.key << ": " << one.reason;
  }
}

TEST(FeatureProbe, what_it_says_of_hooks_is_what_attaching_finds) {
  const NetworkNamespace space;
  const auto tc = load_tiny_program({.type = BPF_PROG_TYPE_SCHED_CLS, .body = {}, .verdict = -1});
  ASSERT_TRUE(tc);
  EXPECT_EQ(attach_tcx(tc->get(), space.ifindex(), Traffic::egress).has_value(),
            works(answers(), Feature::tcx));
  auto filters = ClsactFilters::open();
  ASSERT_TRUE(filters);
  EXPECT_EQ(filters->attach(tc->get(), space.ifindex(), Traffic::egress).has_value(),
            works(answers(), Feature::clsact));
  const auto xdp = load_tiny_program(
      {.type = BPF_PROG_TYPE_XDP, .expected_attach_type = BPF_XDP, .body = {}, .verdict = XDP_PASS});
  ASSERT_TRUE(xdp);
  EXPECT_EQ(attach_xdp(xdp->get(), space.ifindex(), XdpMode::driver).has_value(),
            works(answers(), Feature::xdp_native));
  EXPECT_EQ(attach_xdp(xdp->get(), space.ifindex(), XdpMode::generic).has_value(),
            works(answers(), Feature::xdp_generic));
  const auto cgroup = open_cgroup2();
  ASSERT_TRUE(cgroup);
  const auto skb = load_tiny_program({.type = BPF_PROG_TYPE_CGROUP_SKB,
                                      .expected_attach_type = BPF_CGROUP_INET_INGRESS,
                                      .body = {},
                                      .verdict = 1});
  ASSERT_TRUE(skb);
  EXPECT_EQ(attach_cgroup(skb->get(), cgroup->root.get(), BPF_CGROUP_INET_INGRESS).has_value(),
            works(answers(), Feature::cgroup_skb));
}

TEST(FeatureProbe, leaves_no_program_no_cgroup_no_descriptor_and_no_namespace) {
  answers();
  const size_t descriptors = open_descriptors();
  const auto home = std::filesystem::read_symlink("/proc/thread-self/ns/net");
  const KernelRelease release = KernelRelease::running();
  probe_features(KernelConfig::of_running(release), release);
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(std::filesystem::read_symlink("/proc/thread-self/ns/net"), home);
  // Programs go after a grace period.
  for (int i = 0; i < 500 && programs_of_probes() != 0; ++i) usleep(10000);
  EXPECT_EQ(programs_of_probes(), 0U);
  const auto cgroup = open_cgroup2();
  ASSERT_TRUE(cgroup);
  const std::string own = "weir-probe-" + std::to_string(getpid());
  EXPECT_NE(faccessat(cgroup->root.get(), own.c_str(), F_OK, 0), 0);
}

}  // namespace
}  // namespace weir::kernel
