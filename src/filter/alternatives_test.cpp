// SPDX-License-Identifier: Apache-2.0
#include "filter/alternatives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <array>
#include <random>

#include "filter/expression.h"

namespace weir::filter {
namespace {

using testing::ElementsAre;

constexpr uint32_t kEthernet = 1;

TEST(Alternatives, come_in_groups_whose_order_is_kept) {
  EXPECT_THAT(alternatives("host a or net b || tcp port 1 or udp", 2),
              ElementsAre("host a or net b ", " tcp port 1 or udp"));
  EXPECT_THAT(alternatives("host a or not host b or (src c and dst d or dst e)", 1),
              ElementsAre("host a ", " not host b ", " (src c and dst d or dst e)"));
  EXPECT_THAT(alternatives("tcp[13] & 2 != 0 or ip[0] | 1 = 3 or !(port 1)", 1),
              ElementsAre("tcp[13] & 2 != 0 ", " ip[0] | 1 = 3 ", " !(port 1)"));
}

TEST(Alternatives, take_the_condition_before_them_along) {
  EXPECT_THAT(alternatives("ip and tcp port 80 and (host a or host b or host c)", 2),
              ElementsAre("ip and tcp port 80 and (host a or host b )", "ip and tcp port 80 and ( host c)"));
  EXPECT_THAT(alternatives("vlan 3 && (host a or host b)", 1),
              ElementsAre("vlan 3 && (host a )", "vlan 3 && ( host b)"));
}

TEST(Alternatives, take_the_qualifiers_of_those_before_along) {
  EXPECT_THAT(alternatives("not src host a or b or c", 1),
              ElementsAre("not src host a ", "src host  b ", "src host  c"));
  EXPECT_THAT(alternatives("tcp and (host a or b)", 1),
              ElementsAre("tcp and (host a )", "tcp and (host  b)"));
  EXPECT_THAT(
      alternatives("src or dst port 1 or tcp src and dst portrange 2-3 or 4", 1),
      ElementsAre("src or dst port 1 ", " tcp src and dst portrange 2-3 ", "tcp src and dst portrange  4"));
}

TEST(Alternatives, are_not_cut_where_one_leans_on_another) {
  for (const char* text :
       {"host a or not b", "host a or tcp or b", "less 3 or 4", "(host a) or b",
        "host a or host b and port 1", "port 1 and host a or host b", "vlan or host a or host b",
        "host a or vlan 3 or host b", "(host a or host b or host c", "host a or or host b", "host a or",
        "ip or (host a or host b", "tcp and (host a or tcp or b)", "tcp or udp and (host a or host b)",
        "tcp and (host a or host b) and udp", "tcp and not (host a or host b)", "a or b", "or", ""}) {
    EXPECT_THAT(alternatives(text, 1), ElementsAre(text));
  }
}

TEST(Alternatives, few_stay_together) {
  EXPECT_THAT(alternatives("host a or host b", 2), ElementsAre("host a or host b"));
}

/// Compiled as one, without the optimiser.
ClassicProgram whole(const std::string& text) {
  pcap_t* pcap = pcap_open_dead(DLT_EN10MB, 262144);
  bpf_program compiled{};
  EXPECT_EQ(pcap_compile(pcap, &compiled, text.c_str(), 0, PCAP_NETMASK_UNKNOWN), 0) << pcap_geterr(pcap);
  const auto* first = reinterpret_cast<const sock_filter*>(compiled.bf_insns);
  ClassicProgram program(first, first + compiled.bf_len);
  pcap_freecode(&compiled);
  pcap_close(pcap);
  return program;
}

std::vector<uint8_t> random_frame(std::mt19937& random) {
  std::vector<uint8_t> frame(random() % 80);
  for (uint8_t& byte : frame) byte = static_cast<uint8_t>(random() % 4);
  if (frame.size() < 34) return frame;
  const bool version6 = random() % 4 == 0;
  frame[12] = version6 ? 0x86 : 0x08;
  frame[13] = version6 ? 0xdd : 0x00;
  frame[14] = version6 ? 0x60 : 0x45;
  frame[20] = frame[21] = 0;
  frame[version6 ? 20 : 23] = random() % 2 ? 6 : 17;
  return frame;
}

/// `text` compiled in groups, against all of it at once.
void expect_the_same_verdicts(const std::string& text) {
  ASSERT_GT(alternatives(text, 64).size(), 4u);
  const auto in_groups = Expression::compile(text, kEthernet);
  ASSERT_TRUE(in_groups.has_value()) << in_groups.error().message;
  const ClassicProgram at_once = whole(text);
  std::mt19937 random(1);
  size_t accepted = 0;
  constexpr int kFrames = 10'000;
  for (int i = 0; i < kFrames; ++i) {
    const std::vector<uint8_t> frame = random_frame(random);
    const auto bytes = static_cast<uint32_t>(frame.size());
    const auto* program = reinterpret_cast<const bpf_insn*>(at_once.data());
    const bool wanted = bpf_filter(program, frame.data(), bytes, bytes) != 0;
    ASSERT_EQ(in_groups->matches(frame.data(), bytes, bytes), wanted) << i;
    accepted += wanted;
  }
  EXPECT_GT(accepted, 500u);
  EXPECT_LT(accepted, kFrames - 500u);
}

std::string address(int i) {
  return std::to_string(i & 3) + "." + std::to_string(i >> 2 & 3) + "." + std::to_string(i >> 4 & 3) + "." +
         std::to_string(i >> 6 & 3);
}

TEST(Alternatives, compiled_in_groups_give_the_verdict_of_the_whole) {
  constexpr std::array kTerms = {"src host ", "(dst net 1.1.0.0/16 and tcp src port 257) or src host ",
                                 "host "};
  std::string text;
  for (int i = 0; i < 300; ++i) text += (i ? " or " : "") + std::string(kTerms[i % 3]) + address(i);
  expect_the_same_verdicts(text + " or udp dst port 515 or ip6 src host 1:1::2 or tcp[0] = 2");
}

TEST(Alternatives, behind_a_condition_give_the_verdict_of_the_whole) {
  std::string text = "udp and not dst port 1 and (src or dst host 0.0.0.1 ";
  for (int i = 0; i < 256; i += 1) text += " or " + address(i);
  expect_the_same_verdicts(text + " or src portrange 3-400)");
}

TEST(Alternatives, that_accept_everything_end_the_program) {
  const ClassicProgram all = {{BPF_RET | BPF_K, 0, 0, 65535}}, none = {{BPF_RET | BPF_K, 0, 0, 0}};
  const ClassicProgram both = any_of({none, all, none});
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].code, BPF_JMP | BPF_JA);
  EXPECT_EQ(both[0].k, 0u);
  EXPECT_EQ(both[1].k, 65535u);
}

}  // namespace
}  // namespace weir::filter
