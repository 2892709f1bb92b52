// SPDX-License-Identifier: Apache-2.0
// A live run with a filter at each real hook of this kernel: both ends of the tail call agree, what matches
// is counted, and nothing else. Datagrams over loopback, in a namespace of its own.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/socket.h>

#include <map>

#include "app/live_run.h"
#include "kernel/clsact.h"
#include "kernel/live_test/network_namespace.h"
#include "tests/kernel/filter_program.h"

namespace weir::tests {
namespace {

using config::Hook;

constexpr const char* kAddress = "127.77.0.9";
constexpr uint16_t kWanted = 7001, kOther = 7002;
constexpr int kDatagrams = 5;

sockaddr_in address_of(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, kAddress, &address.sin_addr);
  return address;
}

/// A UDP socket that is bound to the port.
base::UniqueFd receiver(uint16_t port) {
  base::UniqueFd made(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of(port);
  EXPECT_EQ(bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return made;
}

void send_datagrams() {
  const base::UniqueFd sender(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const uint16_t port : {kOther, kWanted}) {
    const base::UniqueFd receives = receiver(port);
    const sockaddr_in to = address_of(port);
    for (int i = 0; i < kDatagrams; i++) {
      char data[4] = {};
      ASSERT_EQ(sendto(sender.get(), data, sizeof data, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
                4);
      ASSERT_EQ(recv(receives.get(), data, sizeof data, 0), 4) << "the filter lets packets pass";
    }
  }
}

class filter_at_hooks : public testing::TestWithParam<Hook> {};

TEST_P(filter_at_hooks, only_what_matches_is_counted) {
  if (!may_load_programs()) GTEST_SKIP() << "no program may be loaded: needs CAP_BPF and CAP_NET_ADMIN";
  const kernel::NetworkNamespace space;
  config::FlowsOptions options;
  options.hook = GetParam();
  options.max_flows = 1024;
  options.expression = "udp port " + std::to_string(kWanted) + " and host " + kAddress;
  if (GetParam() != Hook::cgroup) options.interfaces = {"lo"};
  std::map<uint16_t, uint64_t> packets;  // by destination port
  {
    auto run = app::LiveRun::list(options, [&packets](const flow::FlowRecord& record) {
      packets[record.destination.port] += record.source.packets;
    });
    ASSERT_TRUE(run) << run.error().message;
    const auto attached = (*run)->attach();
    ASSERT_TRUE(attached) << attached.error().message;
    // Where the kernel has no tcx: a filter that outlives its process must carry Weir's mark and name.
    const auto filters = kernel::list_tc_filters(if_nametoindex("lo"));
    ASSERT_TRUE(filters) << filters.error().message;
    for (const kernel::TcFilter& filter : *filters) {
      EXPECT_TRUE(kernel::is_weirs(filter)) << filter.name;
      EXPECT_TRUE(filter.name.starts_with("weir_f_")) << filter.name;
    }
    send_datagrams();
    const auto finished = (*run)->finish();
    ASSERT_TRUE(finished) << finished.error().message;
  }
  EXPECT_EQ(packets, (std::map<uint16_t, uint64_t>{{kWanted, kDatagrams}}));
  const auto left = kernel::list_tc_filters(if_nametoindex("lo"));
  ASSERT_TRUE(left) << left.error().message;
  EXPECT_TRUE(left->empty());
}

INSTANTIATE_TEST_SUITE_P(each, filter_at_hooks,
                         testing::Values(Hook::cgroup, Hook::tc, Hook::xdp, Hook::socket),
                         [](const testing::TestParamInfo<Hook>& info) {
                           switch (info.param) {
                             case Hook::cgroup:
                               return "cgroup";
                             case Hook::tc:
                               return "tc";
                             case Hook::xdp:
                               return "xdp";
                             default:
                               return "socket";
                           }
                         });

}  // namespace
}  // namespace weir::tests
