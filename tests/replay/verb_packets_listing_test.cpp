// SPDX-License-Identifier: Apache-2.0
// `weir packets -d` and its like, beside what tcpdump prints for the same expression.
#include <gtest/gtest.h>

#include <cstdio>

#include "capture_writer.h"
#include "weir_run.h"

namespace weir::tests {
namespace {

constexpr const char* kExpressions[] = {
    "",
    "ip",
    "ip6",
    "arp",
    "tcp",
    "udp port 53",
    "tcp port 80",
    "tcp src port 443 and dst host 10.0.0.9",
    "tcp portrange 8000-8080",
    "host 10.0.0.7",
    "host 2001:db8::1",
    "net 192.168.0.0/16",
    "src net 10.0.0.0/8 and not dst net 10.0.0.0/8",
    "ip6 net 2001:db8::/32",
    "ether host 02:00:00:00:00:01",
    "ether proto 0x88cc",
    "ether multicast",
    "ether broadcast",
    "ip multicast",
    "vlan",
    "vlan 7 and tcp",
    "vlan and vlan 9 and udp",
    "mpls 16",
    "pppoes and tcp",
    "icmp",
    "icmp[icmptype] = icmp-echo",
    "icmp6 and ip6[40] = 128",
    "ip[6:2] & 0x1fff = 0",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "(((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
    "ip proto 47",
    "ip6 proto 6",
    "ip protochain 51",
    "less 100",
    "greater 1000",
    "len = 60",
    "not (tcp or udp)",
    "tcp or udp or icmp or arp",
    "sctp port 3868",
    "port 53 or port 5353",
    "rarp or decnet or lat",
    "igmp or pim or vrrp",
    "inbound and tcp",
    "outbound",
    "ip host 10.1.2.3 and (tcp port 80 or tcp port 443 or tcp port 8080)",
    "udp[8:4] = 0x12345678",
};

class VerbPacketsListing : public testing::Test {
 protected:
  /// One that a shell takes as one word.
  static std::string quoted(const std::string& text) { return "'" + text + "'"; }
  std::string empty_capture(uint32_t link_type) {
    return folder_.file("empty" + std::to_string(link_type) + ".pcap", PcapFile(link_type).bytes());
  }
  bool has_tcpdump() { return run_shell(folder_, "command -v tcpdump").status == 0; }
  TestFolder folder_;
};

TEST_F(VerbPacketsListing, programs_are_tcpdumps_byte_for_byte_in_each_form) {
  if (!has_tcpdump()) GTEST_SKIP() << "tcpdump is not installed; scripts/setup installs it";
  for (const char* form : {"-d", "-dd", "-ddd", "-ds100"})
    for (const std::string expression : kExpressions) {
      const std::string words = std::string(" ") + form + ' ' + quoted(expression);
      const RunResult peer = run_shell(folder_, "tcpdump -y EN10MB" + words);
      const RunResult ours = run_shell(folder_, "WEIR packets" + words);
      ASSERT_EQ(peer.status, 0) << expression << peer.err;
      EXPECT_EQ(ours.status, 0) << expression << ours.err;
      EXPECT_EQ(ours.out, peer.out) << expression;
    }
}

TEST_F(VerbPacketsListing, a_captures_link_type_decides) {
  if (!has_tcpdump()) GTEST_SKIP() << "tcpdump is not installed; scripts/setup installs it";
  for (const uint32_t link_type : {1u, 9u, 101u, 113u, 276u}) {
    const std::string words = " -d -r " + empty_capture(link_type) + " 'tcp port 80 or net 10.0.0.0/8'";
    const RunResult peer = run_shell(folder_, "tcpdump" + words);
    const RunResult ours = run_shell(folder_, "WEIR packets" + words);
    // tcpdump compiles for files with their snapshot length, which is 65535 here.
    const RunResult same = run_shell(folder_, "WEIR packets -s 65535" + words);
    EXPECT_EQ(ours.status, 0) << ours.err;
    EXPECT_EQ(same.out, peer.out) << link_type;
  }
}

TEST_F(VerbPacketsListing, at_the_cgroup_hook_packets_begin_with_the_ip_header) {
  const RunResult ours = run_shell(folder_, "WEIR packets -d --hook cgroup tcp");
  EXPECT_TRUE(ours.out.starts_with("(000) ldb      [0]\n")) << ours.out;
  const RunResult refused = run_shell(folder_, "WEIR packets -d --hook cgroup vlan 7");
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("'vlan' needs a link header"), std::string::npos) << refused.err;
}

TEST_F(VerbPacketsListing, ebpf_ends_in_a_tail_call_at_every_hook) {
  for (const std::string hook : {"", "--hook tc", "--hook xdp", "--hook socket", "--hook cgroup"}) {
    const RunResult run = run_shell(folder_, "WEIR packets --ebpf " + hook + " udp port 53");
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_NE(run.out.find("map[the programs that a match goes on to]"), std::string::npos) << run.out;
    EXPECT_NE(run.out.find("call bpf_tail_call#12"), std::string::npos) << run.out;
    EXPECT_TRUE(run.out.starts_with("   0: (")) << run.out;
    EXPECT_TRUE(run.out.ends_with("exit\n")) << run.out;
  }
  EXPECT_EQ(run_shell(folder_, "WEIR packets --ebpf ip protochain 6").status, 2);
}

TEST_F(VerbPacketsListing, hand_written_programs_are_checked_and_shown) {
  const std::string text = "  ldh [12]  ; the type\n  jeq #0x800, take, drop\ntake: ret #-1\ndrop: ret #0\n";
  const std::string path = folder_.file("f.bpf", Bytes(text.begin(), text.end()));
  const RunResult run = run_shell(folder_, "WEIR packets -d --classic " + path);
  EXPECT_EQ(run.out,
            "(000) ldh      [12]\n(001) jeq      #0x800           jt 2\tjf 3\n(002) ret      #-1\n"
            "(003) ret      #0\n")
      << run.err;
  EXPECT_EQ(run_shell(folder_, "WEIR packets --ebpf --classic " + path).status, 0);
}

TEST_F(VerbPacketsListing, interfaces_are_numbered_as_tcpdump_does) {
  const RunResult run = run_shell(folder_, "WEIR packets -D");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(run.out.starts_with("1.")) << run.out;
  EXPECT_NE(run.out.find(".lo [Up, Running, Loopback]\n"), std::string::npos) << run.out;
  EXPECT_EQ(run_shell(folder_, "WEIR packets -d -i 1").status, 0);
  const RunResult beyond = run_shell(folder_, "WEIR packets -d -i 9999");
  EXPECT_EQ(beyond.status, 2);
  EXPECT_NE(beyond.err.find("-i 9999: -D lists interfaces 1 to "), std::string::npos) << beyond.err;
}

}  // namespace
}  // namespace weir::tests
