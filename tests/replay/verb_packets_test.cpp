// SPDX-License-Identifier: Apache-2.0
// `weir packets -r`: whole runs of the program over small captures, as lines and as JSON.
#include <gtest/gtest.h>

#include <fstream>

#include "capture_writer.h"
#include "weir_run.h"

namespace weir::tests {
namespace {

using Lines = std::vector<std::string>;

constexpr int64_t kMs = 1'000'000;

class VerbPackets : public testing::Test {
 protected:
  RunResult weir(const std::string& arguments) { return run_shell(folder_, "WEIR packets " + arguments); }
  std::string file(const std::string& name, const Bytes& bytes) { return folder_.file(name, bytes); }
  std::string text_file(const std::string& name, const std::string& text) {
    return folder_.file(name, Bytes(text.begin(), text.end()));
  }
  /// Whether every line is one JSON object.
  bool is_json(const RunResult& run) {
    const std::string check = "import json,sys; assert all(type(json.loads(l)) is dict for l in sys.stdin)";
    const std::string path = text_file("checked.json", run.out);
    return !run.out.empty() && run_shell(folder_, "python3 -c '" + check + "' < " + path).status == 0;
  }
  TestFolder folder_;
};

Frame request(uint16_t port = 53, size_t payload = 12) {
  return Ethernet{} / IPv4{.source = "10.0.0.7", .destination = "10.0.0.9"} /
         UDP{.source = 4000, .destination = port} / Payload{payload};
}

Frame segment(uint8_t flags, uint32_t sequence, size_t payload) {
  return Ethernet{} / IPv4{} / TCP{.source = 51514, .sequence = sequence, .flags = flags} / Payload{payload};
}

Bytes three_packets() {
  PcapFile capture;
  capture.add(0, segment(kSyn, 1000, 0));
  capture.add(2 * kMs, request(9999));
  capture.add(1000 * kMs, segment(kPsh | kAck, 1001, 5));
  return capture.bytes();
}

/// Options of a pcapng packet: 1 inbound, 2 outbound.
Bytes options(uint32_t direction, const std::string& comment = "") {
  Bytes bytes;
  Bytes flags;
  put_little(flags, direction, 4);
  if (!comment.empty()) PcapngFile::option(bytes, 1, Bytes(comment.begin(), comment.end()));
  if (direction != 0) PcapngFile::option(bytes, 2, flags);
  put_little(bytes, 0, 4);
  return bytes;
}

/// curl sends to nginx on lo, and something comes in on eth0.
Bytes owned_packets() {
  PcapngFile capture;
  capture.add_interface(1, "lo").add_interface(1, "eth0");
  capture.add(0, 0, request(), options(2, "PID: 4121\nCmd: /usr/bin/curl\nUserId: 1000"));
  capture.add(0, 1 * kMs, request(), options(1, "PID: 77\nCmd: /usr/sbin/nginx"));
  capture.add(1, 2 * kMs, request(), options(0));
  return capture.bytes();
}

TEST_F(VerbPackets, a_packet_is_a_line_in_tcpdumps_words) {
  const RunResult run = weir("-t -r " + file("a.pcap", three_packets()));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.lines(), (Lines{"IP 10.0.0.7.51514 > 10.0.0.9.80: Flags [S], seq 1000, win 502, length 0",
                                "IP 10.0.0.7.4000 > 10.0.0.9.9999: UDP, length 12",
                                "IP 10.0.0.7.51514 > 10.0.0.9.80: Flags [P.], seq 1001:1006, ack 1432778632, "
                                "win 502, length 5: HTTP"}))
      << run.out;
}

TEST_F(VerbPackets, stderr_names_the_file_as_tcpdump_does_and_sums_up) {
  const std::string path = file("a.pcap", three_packets());
  const RunResult run = weir("-r " + path + " udp");
  EXPECT_EQ(run.err, "reading from file " + path +
                         ", link-type EN10MB (Ethernet), snapshot length 65535\n"
                         "weir: read 3 packets, wrote 1\n"
                         "weir: left out 2 packets: the filter does not match\n"
                         "weir: lost nothing\n");
}

TEST_F(VerbPackets, several_captures_are_merged_by_time) {
  PcapFile first, second;
  first.add(0, request(1)).add(4 * kMs, request(3));
  second.add(2 * kMs, request(2)).add(6 * kMs, request(4));
  const RunResult run =
      weir("-tn -r " + file("b.pcap", second.bytes()) + " -r " + file("a.pcap", first.bytes()));
  const auto lines = run.lines();
  ASSERT_EQ(lines.size(), 4u) << run.err;
  for (size_t i = 0; i < lines.size(); ++i)
    EXPECT_NE(lines[i].find("10.0.0.9." + std::to_string(i + 1) + ":"), std::string::npos) << lines[i];
}

TEST_F(VerbPackets, stdin_and_gzip_are_read) {
  const std::string path = file("a.pcap", three_packets());
  EXPECT_EQ(run_shell(folder_, "cat " + path + " | WEIR packets -r -").lines().size(), 3u);
  EXPECT_EQ(run_shell(folder_, "gzip -k " + path + " && WEIR packets -r " + path + ".gz").lines().size(), 3u);
}

TEST_F(VerbPackets, count_and_capture_time_end_the_run) {
  const std::string path = file("a.pcap", three_packets());
  EXPECT_EQ(weir("-c2 -r " + path).lines().size(), 2u);
  EXPECT_EQ(weir("-c1 -t -r " + path + " udp").lines(),
            Lines{"IP 10.0.0.7.4000 > 10.0.0.9.9999: UDP, length 12"});
  EXPECT_EQ(weir("--for 10ms -r " + path).lines().size(), 2u);
}

TEST_F(VerbPackets, a_torn_file_gives_what_came_before_and_the_place) {
  Bytes torn = three_packets();
  torn.resize(torn.size() - 3);
  for (const std::string& output : Lines{"", "-o json", "-w " + folder_.path("kept.pcap") + " --print"}) {
    const RunResult run = weir(output + " -r " + file("torn.pcap", torn));
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_EQ(run.lines().size(), 2u) << run.out;
    EXPECT_NE(run.err.find("torn.pcap: byte 164: a packet of 75 bytes"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("weir: lost what comes after the error below"), std::string::npos) << run.err;
  }
  EXPECT_EQ(weir("-r " + folder_.path("kept.pcap")).lines().size(), 2u);
}

TEST_F(VerbPackets, a_full_disk_is_an_error_and_a_reader_who_has_gone_is_none) {
  const std::string path = file("a.pcap", three_packets());
  for (const std::string output : {"", "-o json", "-w -", "-w /dev/full", "-l"}) {
    const RunResult run = weir(output + " -r " + path + " > /dev/full");
    EXPECT_EQ(run.status, 1) << output << run.err;
    EXPECT_NE(run.err.find("No space left on device"), std::string::npos) << run.err;
  }
  for (const std::string output : {"", "-o json", "-w -"}) {
    const RunResult run = run_shell(
        folder_, "{ WEIR packets " + output + " -r " + path + " 2> /dev/null; echo $? >&2; } | true");
    EXPECT_EQ(run.err, "0\n") << output;
  }
  const RunResult closed = weir("-r " + path + " >&-");
  EXPECT_EQ(closed.status, 1) << closed.err;
}

TEST_F(VerbPackets, owners_stand_behind_the_line_and_interfaces_before_it) {
  const RunResult run = weir("-t -r " + file("a.pcapng", owned_packets()));
  const auto lines = run.lines();
  ASSERT_EQ(lines.size(), 3u) << run.err;
  EXPECT_TRUE(lines[0].starts_with("lo    Out IP 10.0.0.7.4000 > ")) << lines[0];
  EXPECT_TRUE(lines[0].ends_with(" curl[4121]")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("lo    In  IP ")) << lines[1];
  EXPECT_TRUE(lines[1].ends_with(" nginx[77]")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("eth0  ?   IP ")) << lines[2];
}

TEST_F(VerbPackets, direction_and_owner_choose_packets_and_say_what_they_left_out) {
  const std::string path = file("a.pcapng", owned_packets());
  const RunResult in = weir("-Q in -r " + path);
  ASSERT_EQ(in.lines().size(), 1u) << in.out;
  EXPECT_TRUE(in.out.ends_with(" nginx[77]\n")) << in.out;
  EXPECT_NE(in.err.find("left out 1 packet: not in the direction of -Q"), std::string::npos) << in.err;
  EXPECT_NE(in.err.find("left out 1 packet: no direction in the file"), std::string::npos) << in.err;
  const RunResult curl = weir("--comm curl -r " + path);
  EXPECT_TRUE(curl.out.ends_with(" curl[4121]\n")) << curl.out;
  EXPECT_NE(curl.err.find("left out 2 packets: other owners"), std::string::npos) << curl.err;
  EXPECT_EQ(weir("--pid '!77' -r " + path).lines().size(), 2u);
  EXPECT_EQ(weir("--uid 1000 -r " + path).lines().size(), 1u);
}

TEST_F(VerbPackets, json_says_what_the_line_says_and_more) {
  const RunResult run = weir("-o json -c1 -r " + file("a.pcapng", owned_packets()));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(is_json(run)) << run.out;
  // The Community ID was computed apart (Python's hashlib and base64, by the specification).
  const std::string expected =
      R"({"type":"packet","time":"2025-11-21T09:27:19.000000000Z",)"
      R"("source":{"address":"10.0.0.7","port":4000,"process":{"pid":4121,"comm":"curl","executable":{"name":"curl"}},)"
      R"("user":{"id":1000}},"destination":{"address":"10.0.0.9","port":53},)"
      R"("network":{"type":"ipv4","transport":"udp","community_id":"1:uRp7xOxCynMMInZPMkcjihUJ8xQ=","direction":"egress",)"
      R"("interface":{"name":"lo"}},"packet":{"bytes":54,"captured_bytes":54,"payload_bytes":12},)"
      R"("message":"IP 10.0.0.7.4000 > 10.0.0.9.53: )";
  EXPECT_EQ(run.out.substr(0, expected.size()), expected);
}

TEST_F(VerbPackets, json_has_tcps_numbers_absolute_and_the_bytes_when_asked) {
  const RunResult run = weir("-o json -x -r " + file("a.pcap", three_packets()) + " tcp");
  EXPECT_TRUE(is_json(run)) << run.out;
  const auto lines = run.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[1].find(R"("tcp":{"flags":"PA","sequence":1001,"acknowledgment":1432778632,"window":502})"),
            std::string::npos)
      << lines[1];
  EXPECT_NE(lines[1].find(R"("data":"0200000000020200000000010800450)"), std::string::npos) << lines[1];
  EXPECT_EQ(run.out.find("process"), std::string::npos) << run.out;
}

TEST_F(VerbPackets, json_takes_packets_that_are_not_ip_and_cut_ones) {
  PcapFile capture;
  capture.add(0, Bytes{1, 2, 3}).add(0, Bytes{}).add(0, request().first(20));
  capture.add(0, Ethernet{.type = 0x1234} / Payload{4});
  const RunResult run = weir("-o json -r " + file("a.pcap", capture.bytes()));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(is_json(run)) << run.out;
  EXPECT_EQ(run.lines().size(), 4u);
  for (const std::string& line : run.lines()) {
    EXPECT_EQ(line.find("source"), std::string::npos) << line;
    EXPECT_NE(line.find(R"(,"message":")"), std::string::npos) << line;
  }
}

TEST_F(VerbPackets, snap_and_headers_cut_what_is_shown) {
  const std::string path = file("a.pcap", three_packets());
  const auto captured = [&](const std::string& option) {
    Lines sizes;
    const std::string name = R"("captured_bytes":)";
    for (const std::string& line : weir("-o json " + option + " -r " + path).lines()) {
      const size_t begin = line.find(name) + name.size();
      sizes.push_back(line.substr(begin, line.find_first_of(",}", begin) - begin));
    }
    return sizes;
  };
  EXPECT_EQ(captured("-s 30"), (Lines{"30", "30", "30"}));
  EXPECT_EQ(captured("--headers"), (Lines{"54", "42", "54"}));
  EXPECT_EQ(captured("-s 50 --headers"), (Lines{"50", "42", "50"}));
}

TEST_F(VerbPackets, the_filter_comes_from_a_file_or_as_classic_bpf) {
  const std::string path = file("a.pcap", three_packets());
  EXPECT_EQ(
      weir("-F " + text_file("f", "# names\nudp and # one\nport 9999\n") + " -r " + path).lines().size(), 1u);
  EXPECT_EQ(run_shell(folder_, "echo tcp | WEIR packets -F - -r " + path).lines().size(), 2u);
  const std::string udp = text_file("udp.bpf",
                                    "ldh [12]\njne #ETHERTYPE_IP, drop\nldb [23]\njneq #17, drop\n"
                                    "ret #-1\ndrop: ret #0\n");
  EXPECT_EQ(weir("--classic " + udp + " -r " + path).lines().size(), 1u);
  const RunResult wrong = weir("--classic " + text_file("w", "ldh [12]\nfoo #1\nret #0\n") + " -r " + path);
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("/w: 2:1: 'foo'"), std::string::npos) << wrong.err;
  EXPECT_EQ(weir("--classic /nonexistent -r " + path).status, 2);
}

TEST_F(VerbPackets, each_link_type_gets_its_own_program) {
  PcapFile raw(101);
  Bytes packet = request().bytes();
  packet.erase(packet.begin(), packet.begin() + 14);
  raw.add(0, packet);
  const RunResult run =
      weir("-t -r " + file("a.pcap", three_packets()) + " -r " + file("raw.pcap", raw.bytes()) + " udp");
  EXPECT_EQ(run.lines().size(), 2u) << run.out << run.err;
  const RunResult wrong = weir("-r " + folder_.path("raw.pcap") + " vlan 7");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("vlan"), std::string::npos) << wrong.err;
}

TEST_F(VerbPackets, a_link_type_that_nobody_knows_is_told_by_its_number) {
  PcapFile odd(9999);
  odd.add(0, Bytes{1, 2, 3, 4});
  const std::string path = file("odd.pcap", odd.bytes());
  const RunResult run = weir("-t -r " + path);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("link type 9999, length 4"), std::string::npos) << run.out;
  EXPECT_EQ(weir("-r " + path + " -w " + folder_.path("odd.pcapng")).status, 0);
  EXPECT_EQ(weir("-r " + path + " tcp").status, 2);
}

TEST_F(VerbPackets, names_stand_for_addresses_when_asked_for) {
  PcapFile capture;
  capture.add(0, Ethernet{} / IPv4{.source = "127.0.0.1", .destination = "127.0.0.1"} /
                     UDP{.source = 4000, .destination = 9999} / Payload{3});
  const std::string path = file("a.pcap", capture.bytes());
  EXPECT_EQ(weir("-tN -r " + path).out, "IP localhost.4000 > localhost.9999: UDP, length 3\n");
  EXPECT_EQ(weir("-tnN -r " + path).out, "IP 127.0.0.1.4000 > 127.0.0.1.9999: UDP, length 3\n");
}

TEST_F(VerbPackets, a_wrong_filter_leaves_no_file_behind) {
  const std::string path = file("a.pcap", three_packets());
  const std::string target = folder_.path("never.pcapng");
  EXPECT_EQ(weir("-r " + path + " -w " + target + " tcp prot 80").status, 2);
  EXPECT_FALSE(std::ifstream(target).is_open());
}

}  // namespace
}  // namespace weir::tests
