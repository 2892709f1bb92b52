// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel_config.h"

#include <gtest/gtest.h>

namespace weir::kernel {
namespace {

TEST(KernelConfig, knows_what_is_built_in_a_module_a_value_or_not_set) {
  const auto config = KernelConfig::parse(
      "#\n# Linux/x86 6.1.0 Kernel Configuration\nCONFIG_BPF=y\nCONFIG_NET_CLS_BPF=m\nCONFIG_HZ=250\n"
      "# CONFIG_FPROBE is not set\nCONFIG_LSM=\"lockdown,yama\"\nCONFIG_LAST=y",
      "/boot/config");
  EXPECT_EQ(config.source(), "/boot/config");
  EXPECT_EQ(config.value("CONFIG_BPF"), "y");
  EXPECT_EQ(config.value("CONFIG_NET_CLS_BPF"), "m");
  EXPECT_EQ(config.value("CONFIG_HZ"), "250");
  EXPECT_EQ(config.value("CONFIG_LSM"), "\"lockdown,yama\"");
  EXPECT_TRUE(config.is_set("CONFIG_LAST"));
  EXPECT_FALSE(config.is_set("CONFIG_FPROBE"));
  EXPECT_FALSE(config.is_set("CONFIG_BP"));
}

TEST(KernelConfig, without_a_file_nothing_is_known) {
  const KernelConfig config;
  EXPECT_TRUE(config.source().empty());
  EXPECT_FALSE(config.is_set("CONFIG_BPF"));
}

TEST(KernelRelease, compares_by_number_and_not_by_letter) {
  const auto release = KernelRelease::parse("6.12.43+deb12-cloud-amd64");
  EXPECT_EQ(release.major, 6);
  EXPECT_EQ(release.minor, 12);
  EXPECT_FALSE(release.older_than("6.6"));
  EXPECT_FALSE(release.older_than("6.12"));
  EXPECT_TRUE(release.older_than("6.13"));
  EXPECT_TRUE(release.older_than("10.1"));
  EXPECT_FALSE(release.older_than("5.18"));
  EXPECT_FALSE(release.older_than(""));
  EXPECT_TRUE(KernelRelease::parse("strange").older_than("4.1"));
}

TEST(KernelModules, a_built_in_one_is_known_by_the_config_and_an_invented_one_is_absent) {
  const auto config = KernelConfig::parse("CONFIG_NET_SCH_INGRESS=y\n", "given");
  const auto release = KernelRelease::parse("0.0-none");
  EXPECT_EQ(module_state(config, release, "sch_ingress", "CONFIG_NET_SCH_INGRESS"), ModuleState::built_in);
  EXPECT_EQ(module_state(config, release, "weir_invented", "CONFIG_WEIR_INVENTED"), ModuleState::absent);
}

}  // namespace
}  // namespace weir::kernel
