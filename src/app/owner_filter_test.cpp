// SPDX-License-Identifier: Apache-2.0
#include "app/owner_filter.h"

#include <gtest/gtest.h>

#include "config/packets_options.h"

namespace weir::app {
namespace {

decode::ProcessPtr process(uint32_t pid, const char* name, uint32_t uid = 0, const char* cgroup = "/") {
  auto process = std::make_shared<decode::Process>();
  process->pid = pid;
  process->uid = uid;
  process->comm = name;
  process->executable = name;
  process->cgroup_path = cgroup;
  return process;
}

flow::FlowRecord between(decode::ProcessPtr source, decode::ProcessPtr destination) {
  flow::FlowRecord record;
  record.source.process = std::move(source);
  record.destination.process = std::move(destination);
  return record;
}

TEST(OwnerFilter, without_filters_wants_everything) {
  const config::FlowsOptions options;
  EXPECT_TRUE(OwnerFilter(options).wants(between(nullptr, nullptr)));
}

TEST(OwnerFilter, wants_a_flow_with_the_owner_at_either_end) {
  config::FlowsOptions options;
  options.comm.names = {"nginx"};
  const OwnerFilter filter(options);
  EXPECT_TRUE(filter.wants(between(process(1, "curl"), process(2, "nginx"))));
  EXPECT_TRUE(filter.wants(between(process(2, "nginx"), nullptr)));
  EXPECT_FALSE(filter.wants(between(process(1, "curl"), nullptr)));
  EXPECT_FALSE(filter.wants(between(nullptr, nullptr)));
}

TEST(OwnerFilter, wants_one_end_that_all_filters_name) {
  config::FlowsOptions options;
  options.comm.names = {"curl"};
  options.uid.names = {"1000"};
  const OwnerFilter filter(options);
  EXPECT_TRUE(filter.wants(between(process(1, "curl", 1000), process(2, "nginx", 33))));
  EXPECT_FALSE(filter.wants(between(process(1, "curl", 0), process(2, "nginx", 1000))));
}

TEST(OwnerFilter, leaves_out_a_flow_with_an_excluded_owner_at_either_end) {
  config::FlowsOptions options;
  options.pid.excluded = {"7"};
  const OwnerFilter filter(options);
  EXPECT_FALSE(filter.wants(between(process(7, "sshd"), nullptr)));
  EXPECT_FALSE(filter.wants(between(process(8, "curl"), process(7, "sshd"))));
  EXPECT_TRUE(filter.wants(between(process(8, "curl"), nullptr)));
  EXPECT_TRUE(filter.wants(between(nullptr, nullptr)));
}

TEST(OwnerFilter, takes_a_cgroup_with_all_below_it_and_no_namesake) {
  config::FlowsOptions options;
  options.cgroup.names = {"/system.slice"};
  const OwnerFilter filter(options);
  EXPECT_TRUE(filter.wants(between(process(1, "a", 0, "/system.slice"), nullptr)));
  EXPECT_TRUE(filter.wants(between(process(1, "a", 0, "/system.slice/ssh.service"), nullptr)));
  EXPECT_FALSE(filter.wants(between(process(1, "a", 0, "/system.slices"), nullptr)));
}

TEST(OwnerFilter, wants_packets_by_their_one_owner) {
  config::PacketsOptions options;
  EXPECT_TRUE(OwnerFilter(options).wants(static_cast<const decode::Process*>(nullptr)));
  options.comm.names = {"nginx"};
  options.pid.excluded = {"2"};
  const OwnerFilter filter(options);
  EXPECT_TRUE(filter.wants(process(1, "nginx").get()));
  EXPECT_FALSE(filter.wants(process(2, "nginx").get()));
  EXPECT_FALSE(filter.wants(process(1, "curl").get()));
  EXPECT_FALSE(filter.wants(static_cast<const decode::Process*>(nullptr)));
}

TEST(OwnerFilter, packets_of_nobody_known_pass_where_only_others_are_excluded) {
  config::PacketsOptions options;
  options.comm.excluded = {"sshd"};
  const OwnerFilter filter(options);
  EXPECT_TRUE(filter.wants(static_cast<const decode::Process*>(nullptr)));
  EXPECT_FALSE(filter.wants(process(1, "sshd").get()));
}

}  // namespace
}  // namespace weir::app
