// SPDX-License-Identifier: Apache-2.0
// The table of tests/packet_cases.h, in the kernel: every program that reads the case's link type.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "decode/packet.h"
#include "tests/kernel/parse_probe_run.h"
#include "tests/packet_cases.h"
#include "tests/packet_text.h"

namespace weir::tests {
namespace {

constexpr size_t kEthernetBytes = 14;

std::vector<PacketCase> cases_for_kernel() {
  std::vector<PacketCase> chosen;
  for (PacketCase& packet : packet_cases())
    if (packet.link == PACKET_LINK_ETHERNET || packet.link == PACKET_LINK_IP)
      chosen.push_back(std::move(packet));
  return chosen;
}

class packet_in_kernel : public testing::TestWithParam<PacketCase> {
 protected:
  static void SetUpTestSuite() { probe = std::make_unique<ParseProbe>(); }
  static void TearDownTestSuite() { probe.reset(); }
  void SetUp() override {
    if (probe->denied()) GTEST_SKIP() << probe->failure() << "; needs CAP_BPF and CAP_NET_ADMIN";
    ASSERT_EQ(probe->failure(), "");
  }
  static std::unique_ptr<ParseProbe> probe;
};
std::unique_ptr<ParseProbe> packet_in_kernel::probe;

/// Whether a kernel's BPF_PROG_TEST_RUN may take no such frame (net/bpf/test_run.c): a link header must be
/// there, for skb programs also something behind it, and the fixed IP header that the EtherType promises.
bool may_be_refused(const ParseProgram& program, const Bytes& frame) {
  if (program.behind_ethernet) return frame.empty();
  if (frame.size() < kEthernetBytes) return true;
  if (std::string(program.name).rfind("tc", 0) != 0) return false;
  const unsigned type = static_cast<unsigned>(frame[12] << 8 | frame[13]);
  const size_t header = type == 0x0800 ? 20 : type == 0x86dd ? 40 : 1;
  return frame.size() < kEthernetBytes + header;
}

TEST_P(packet_in_kernel, is_parsed_as_natively_by_every_program) {
  const PacketCase& packet = GetParam();
  int taken = 0;
  for (const ParseProgram& program : probe->programs()) {
    if (program.link != packet.link || program.decapsulate != packet.decapsulate) continue;
    const ParseRun run = probe->run(program, packet.frame);
    if (run.error == EINVAL) {
      EXPECT_TRUE(may_be_refused(program, packet.frame)) << program.name;
      continue;
    }
    ASSERT_EQ(run.error, 0) << program.name;
    ++taken;
    EXPECT_STREQ(decode::to_string(static_cast<packet_result>(run.found.result)),
                 decode::to_string(packet.expected.result))
        << program.name;
    EXPECT_EQ(packet_text(run.found.info), packet_text(packet.expected.info())) << program.name;
  }
  EXPECT_TRUE(taken > 0 || packet.frame.empty());
}

INSTANTIATE_TEST_SUITE_P(packet, packet_in_kernel, testing::ValuesIn(cases_for_kernel()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace weir::tests
