// SPDX-License-Identifier: Apache-2.0
// `weir flows -r`: whole runs of the program over small captures.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "capture_writer.h"
#include "weir_run.h"

namespace weir::tests {
namespace {

using nlohmann::json;

constexpr int64_t kMs = 1'000'000;

class VerbFlows : public testing::Test {
 protected:
  RunResult weir(const std::string& arguments) { return run_shell(folder_, "WEIR " + arguments); }
  RunResult shell(const std::string& command) { return run_shell(folder_, command); }
  std::string file(const std::string& name, const Bytes& bytes) { return folder_.file(name, bytes); }

  static std::vector<json> records(const RunResult& result) {
    std::vector<json> all;
    for (const std::string& line : result.lines()) all.push_back(json::parse(line));
    return all;
  }

  TestFolder folder_;
};

Frame to_server(uint8_t flags, uint32_t sequence, size_t payload, uint16_t port = 51514) {
  return Ethernet{} / IPv4{} / TCP{.source = port, .sequence = sequence, .flags = flags} / Payload{payload};
}
Frame to_client(uint8_t flags, uint32_t sequence, size_t payload, uint16_t port = 51514) {
  return Ethernet{} / IPv4{.source = "10.0.0.9", .destination = "10.0.0.7"} /
         TCP{.source = 80, .destination = port, .sequence = sequence, .flags = flags} / Payload{payload};
}

/// Handshake, a request of 100 and an answer of 1000 octets, FIN both ways.
void add_conversation(PcapFile& capture, int64_t start_ns = 0, uint16_t port = 51514) {
  capture.add(start_ns, to_server(kSyn, 1000, 0, port));
  capture.add(start_ns + 1 * kMs, to_client(kSyn | kAck, 5000, 0, port));
  capture.add(start_ns + 2 * kMs, to_server(kAck, 1001, 0, port));
  capture.add(start_ns + 3 * kMs, to_server(kPsh | kAck, 1001, 100, port));
  capture.add(start_ns + 4 * kMs, to_client(kPsh | kAck, 5001, 1000, port));
  capture.add(start_ns + 5 * kMs, to_server(kFin | kAck, 1101, 0, port));
  capture.add(start_ns + 6 * kMs, to_client(kFin | kAck, 6001, 0, port));
  capture.add(start_ns + 7 * kMs, to_server(kAck, 1102, 0, port));
}

Bytes conversation() {
  PcapFile capture;
  add_conversation(capture);
  return capture.bytes();
}

Bytes mixed() {
  PcapFile capture;
  add_conversation(capture);
  capture.add(10 * kMs, Ethernet{} / IPv4{} / UDP{.destination = 53} / Payload{30});
  capture.add(20 * kMs, Ethernet{} / IPv4{} / ICMP{} / Payload{56});
  capture.add(30 * kMs, Ethernet{} / IPv6{} / UDP{.destination = 53} / Payload{30});
  return capture.bytes();
}

TEST_F(VerbFlows, a_conversation_becomes_the_record_of_the_design) {
  const RunResult result = weir("flows -o json -r " + file("a.pcap", conversation()));
  EXPECT_EQ(result.status, 0) << result.err;
  const auto flows = records(result);
  ASSERT_EQ(flows.size(), 1u);
  json expected = json::parse(R"({
    "type":"flow","time":"2025-11-21T09:27:19.007000000Z",
    "source":{"address":"10.0.0.7","port":51514,"packets":5,"bytes":300,"retransmits":0},
    "destination":{"address":"10.0.0.9","port":80,"packets":3,"bytes":1120,"retransmits":0},
    "network":{"type":"ipv4","transport":"tcp"},
    "start":"2025-11-21T09:27:19.000000000Z","end":"2025-11-21T09:27:19.007000000Z","part":1,"state":"closed",
    "tcp":{"flags":{"source":"SPAF","destination":"SPAF"},"handshake_ns":2000000}})");
  // Computed apart (Python's hashlib and base64, by the specification).
  expected["network"]["community_id"] = "1:si6sBXUO4cqtYzcLNtszWV5/UkA=";
  EXPECT_EQ(flows[0], expected) << flows[0].dump();
  EXPECT_EQ(result.err, "weir: seen 8 packets, 1.42 kB, in 1 flow, 1 record\nweir: lost nothing\n");
}

TEST_F(VerbFlows, needs_no_privileges) {
  const std::string path = file("a.pcap", conversation());
  if (::geteuid() != 0) GTEST_SKIP() << "already unprivileged: every other test here says the same";
  const RunResult result = shell(
      "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --no-new-privs WEIR flows -o "
      "json -r " +
      path);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(records(result).size(), 1u);
}

TEST_F(VerbFlows, every_kind_of_packet_has_its_flow) {
  const auto flows = records(weir("flows -o json -r " + file("a.pcap", mixed())));
  ASSERT_EQ(flows.size(), 4u);
  const auto of = [&](const char* transport, const char* type) {
    for (const json& flow : flows)
      if (flow["network"]["transport"] == transport && flow["network"]["type"] == type) return flow;
    return json();
  };
  EXPECT_EQ(of("udp", "ipv4")["source"]["bytes"], 58);
  EXPECT_EQ(of("udp", "ipv6")["destination"]["address"], "2001:db8::9");
  EXPECT_EQ(of("udp", "ipv4")["state"], "new");
  EXPECT_EQ(of("icmp", "ipv4")["icmp"], json::parse(R"({"id":48879,"type":8,"code":0})"));
  EXPECT_FALSE(of("icmp", "ipv4")["source"].contains("port"));
}

TEST_F(VerbFlows, an_expression_keeps_what_it_matches) {
  const std::string path = file("a.pcap", mixed());
  const RunResult result = weir("flows -o json -r " + path + " udp port 53 and ip6");
  EXPECT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(records(result).size(), 1u);
  EXPECT_NE(result.err.find("weir: filtered out 10 packets\n"), std::string::npos) << result.err;
}

TEST_F(VerbFlows, a_wrong_expression_is_refused_with_its_reason) {
  const RunResult result = weir("flows -r " + file("a.pcap", mixed()) + " tcp prt 80");
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("tcp prt 80"), std::string::npos) << result.err;
}

TEST_F(VerbFlows, lines_are_one_a_flow) {
  const RunResult result = weir("flows -r " + file("a.pcap", conversation()));
  EXPECT_EQ(result.out,
            "2025-11-21T09:27:19.000000Z 7.00 ms tcp   10.0.0.7:51514        -> 10.0.0.9:80           "
            "     5 pkts   300 B <-      3 pkts 1.12 kB closed rtt 2.00 ms\n");
}

TEST_F(VerbFlows, a_table_has_titles_and_no_colour_in_a_pipe) {
  const RunResult result = weir("flows -o table -r " + file("a.pcap", mixed()));
  ASSERT_EQ(result.lines().size(), 5u) << result.out;
  EXPECT_TRUE(result.lines()[0].starts_with("PROTO  SOURCE"));
  EXPECT_TRUE(result.lines()[1].starts_with("tcp ")) << result.out;
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  EXPECT_NE(weir("flows -o wide -r " + file("a.pcap", mixed())).out.find("COMMUNITY ID"), std::string::npos);
}

TEST_F(VerbFlows, a_torn_file_gives_what_came_before_and_where_it_tore) {
  Bytes torn = conversation();
  torn.resize(torn.size() - 10);
  const RunResult result = weir("flows -o json -r " + file("torn.pcap", torn));
  EXPECT_EQ(result.status, 2);
  ASSERT_EQ(records(result).size(), 1u);
  EXPECT_EQ(records(result)[0]["source"]["packets"], 4);
  const size_t last_record = conversation().size() - 16 - 54;  // its header, and a frame without payload
  EXPECT_NE(result.err.find("torn.pcap: byte " + std::to_string(last_record)), std::string::npos)
      << result.err;
}

TEST_F(VerbFlows, what_is_no_capture_is_refused) {
  const RunResult text = weir("flows -r " + file("notes.txt", {'h', 'e', 'l', 'l', 'o', '\n'}));
  EXPECT_EQ(text.status, 2);
  EXPECT_NE(text.err.find("notes.txt"), std::string::npos) << text.err;
  const RunResult missing = weir("flows -r /nowhere.pcap");
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("/nowhere.pcap"), std::string::npos) << missing.err;
}

TEST_F(VerbFlows, an_unknown_link_type_is_named) {
  const RunResult result = weir("flows -r " + file("wifi.pcap", PcapFile(105).add(0, Bytes(60)).bytes()));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("wifi.pcap: link type LINKTYPE_IEEE802_11 (105) is not read"), std::string::npos)
      << result.err;
}

TEST_F(VerbFlows, a_link_type_without_a_name_is_told_by_its_number) {
  const RunResult result = weir("flows -r " + file("odd.pcap", PcapFile(258).add(0, Bytes(60)).bytes()));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("odd.pcap: link type 258 is not read"), std::string::npos) << result.err;
}

TEST_F(VerbFlows, a_handshake_within_one_tick_of_the_captures_clock_took_0) {
  PcapFile capture;
  capture.add(0, to_server(kSyn, 1000, 0)).add(0, to_client(kSyn | kAck, 5000, 0));
  capture.add(0, to_server(kAck, 1001, 0)).add(1 * kMs, to_server(kAck, 1001, 10));
  const auto flows = records(weir("flows -o json -r " + file("a.pcap", capture.bytes())));
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_EQ(flows[0]["tcp"].value("handshake_ns", -1), 0) << flows[0].dump();
}

TEST_F(VerbFlows, a_table_shows_the_measure_that_it_is_ordered_by) {
  const std::string capture = file("a.pcap", mixed());
  EXPECT_NE(weir("flows --sort start -r " + capture).out.find("START "), std::string::npos);
  EXPECT_NE(weir("flows --sort rate -r " + capture).out.find(" RATE "), std::string::npos);
  EXPECT_EQ(weir("flows --sort bytes -r " + capture).out.find(" RATE "), std::string::npos);
}

TEST_F(VerbFlows, an_interface_that_is_not_read_is_counted_beside_those_that_are) {
  PcapngFile capture;
  capture.add_interface(1, "eth0").add_interface(105, "wlan0");
  capture.add(0, 0, Ethernet{} / IPv4{} / UDP{} / Payload{10});
  capture.add(1, 1, Ethernet{} / IPv4{} / UDP{} / Payload{10});
  const RunResult result = weir("flows -o json -r " + file("a.pcapng", capture.bytes()));
  EXPECT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(records(result).size(), 1u);
  EXPECT_EQ(records(result)[0]["network"]["interface"]["name"], "eth0");
  EXPECT_EQ(records(result)[0]["source"]["packets"], 1);
  EXPECT_NE(result.err.find("1 of link type LINKTYPE_IEEE802_11 (105), which is not read"), std::string::npos)
      << result.err;
}

TEST_F(VerbFlows, refusals_are_counted_by_their_name) {
  PcapFile capture;
  Bytes arp = (Ethernet{.type = 0x0806} / Payload{28}).bytes();
  capture.add(0, arp).add(1, arp).add(2, Bytes(10));
  capture.add(3, (Ethernet{} / IPv4{} / TCP{} / Payload{0}).first(14 + 20 + 4));
  const RunResult result = weir("flows -o json -r " + file("a.pcap", capture.bytes()));
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("weir: in no flow 3 packets: 2 not IP (ARP 2), 1 truncated link header\n"),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("weir: in a flow without ports 1 packet: 1 truncated transport header\n"),
            std::string::npos)
      << result.err;
  ASSERT_EQ(records(result).size(), 1u);
  EXPECT_FALSE(records(result)[0]["source"].contains("port"));
}

TEST_F(VerbFlows, several_files_are_merged_by_time) {
  PcapFile first, second;
  first.add(0, to_server(kSyn, 1000, 0)).add(2 * kMs, to_server(kAck, 1001, 0));
  second.add(1 * kMs, to_client(kSyn | kAck, 5000, 0)).add(3 * kMs, to_client(kAck, 5001, 10));
  const auto flows = records(
      weir("flows -o json -r " + file("b.pcap", second.bytes()) + " -r " + file("a.pcap", first.bytes())));
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_EQ(flows[0]["source"]["address"], "10.0.0.7");
  EXPECT_EQ(flows[0]["tcp"]["handshake_ns"], 2 * kMs);
}

TEST_F(VerbFlows, gzip_and_standard_input_give_the_same_records) {
  const std::string path = file("a.pcap", mixed());
  const RunResult plain = weir("flows -o json -r " + path);
  EXPECT_EQ(plain.lines().size(), 4u);
  EXPECT_EQ(shell("gzip -k " + path + " && WEIR flows -o json -r " + path + ".gz").out, plain.out);
  EXPECT_EQ(shell("WEIR flows -o json -r - < " + path).out, plain.out);
  EXPECT_EQ(shell("cat " + path + ".gz | WEIR flows -o json -r -").out, plain.out);
}

TEST_F(VerbFlows, a_reader_that_leaves_is_no_error) {
  PcapFile capture;
  for (int i = 0; i < 5000; ++i) add_conversation(capture, i * 10 * kMs, static_cast<uint16_t>(10000 + i));
  const std::string path = file("a.pcap", capture.bytes());
  const RunResult result = shell("{ WEIR flows -o json -r " + path + "; echo status $? >&2; } | head -1");
  EXPECT_EQ(result.lines().size(), 1u);
  EXPECT_TRUE(result.err.starts_with("weir: seen ")) << result.err;
  EXPECT_TRUE(result.err.ends_with("weir: lost nothing\nstatus 0\n")) << result.err;
}

TEST_F(VerbFlows, a_full_disk_is_an_error_that_counts_what_was_written) {
  const RunResult result = weir("flows -o json -r " + file("a.pcap", mixed()) + " > /dev/full");
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("cannot write the output after 0 lines (0 bytes): No space left on device"),
            std::string::npos)
      << result.err;
}

TEST_F(VerbFlows, c_stops_after_so_many_records) {
  EXPECT_EQ(weir("flows -c 2 -o json -r " + file("a.pcap", mixed())).lines().size(), 2u);
}

TEST_F(VerbFlows, for_is_a_time_of_the_capture) {
  const auto flows = records(weir("flows --for 15ms -o json -r " + file("a.pcap", mixed())));
  EXPECT_EQ(flows.size(), 2u);
}

TEST_F(VerbFlows, active_splits_a_long_flow_into_parts_that_sum_up) {
  PcapFile capture;
  for (int i = 0; i < 100; ++i) capture.add(i * 100 * kMs, Ethernet{} / IPv4{} / UDP{} / Payload{100});
  const auto flows = records(weir("flows --active 2s -o json -r " + file("a.pcap", capture.bytes())));
  EXPECT_GE(flows.size(), 4u);
  uint64_t packets = 0;
  int part = 0;
  for (const json& flow : flows) {
    packets += flow["source"]["packets"].get<uint64_t>();
    EXPECT_EQ(flow["part"], ++part);
  }
  EXPECT_EQ(packets, 100u);
}

TEST_F(VerbFlows, a_full_table_evicts_and_says_so) {
  PcapFile capture;
  for (uint16_t i = 0; i < 100; ++i)
    capture.add(i * kMs, Ethernet{} / IPv4{} / UDP{.source = static_cast<uint16_t>(1000 + i)} / Payload{10});
  const RunResult result = weir("flows --max-flows 10 -o json -r " + file("a.pcap", capture.bytes()));
  EXPECT_EQ(result.status, 0);
  const auto flows = records(result);
  EXPECT_EQ(flows.size(), 100u);
  EXPECT_EQ(
      std::count_if(flows.begin(), flows.end(), [](const json& flow) { return flow["state"] == "evicted"; }),
      90);
  EXPECT_NE(result.err.find("weir: 90 flows evicted: --max-flows 10\n"), std::string::npos) << result.err;
}

TEST_F(VerbFlows, decap_looks_into_tunnels) {
  PcapFile capture;
  capture.add(0, Ethernet{} / IPv4{} / IPv4{.source = "192.168.1.1", .destination = "192.168.1.2"} / UDP{} /
                     Payload{10});
  const std::string path = file("a.pcap", capture.bytes());
  EXPECT_EQ(records(weir("flows -o json -r " + path))[0]["network"]["transport"], "ipv4");
  EXPECT_EQ(records(weir("flows --decap -o json -r " + path))[0]["source"]["address"], "192.168.1.1");
}

TEST_F(VerbFlows, fields_are_tab_separated_and_a_wrong_one_brings_the_right_one) {
  const std::string path = file("a.pcap", conversation());
  EXPECT_EQ(weir("flows --fields source.address,port,bytes,process --header -r " + path).out,
            "source.address\tdestination.port\tbytes\tprocess\n10.0.0.7\t80\t1420\t-\n");
  EXPECT_EQ(weir("flows --fields source.port,state -o json -r " + path).out,
            "{\"type\":\"flow\",\"source\":{\"port\":51514},\"state\":\"closed\"}\n");
  const RunResult wrong = weir("flows --fields sorce.address -r " + path);
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("did you mean 'source.address'?"), std::string::npos) << wrong.err;
}

TEST_F(VerbFlows, by_sums_the_flows_of_a_field) {
  PcapFile capture;
  for (uint16_t i = 0; i < 3; ++i) add_conversation(capture, i * 100 * kMs, static_cast<uint16_t>(40000 + i));
  capture.add(400 * kMs, Ethernet{} / IPv4{} / UDP{.destination = 53} / Payload{30});
  const std::string path = file("a.pcap", capture.bytes());
  const auto groups = records(weir("flows --by protocol,port -o json -r " + path));
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0]["by"], json::parse(R"({"network":{"transport":"tcp"},"destination":{"port":80}})"));
  EXPECT_EQ(groups[0]["flows"], 3);
  EXPECT_EQ(groups[0]["source"]["bytes"], 900);
  EXPECT_EQ(groups[1]["by"]["destination"]["port"], 53);

  const RunResult table = weir("flows --by protocol --top 1 --sort flows -r " + path);
  ASSERT_EQ(table.lines().size(), 3u) << table.out;
  EXPECT_TRUE(table.lines()[1].starts_with("tcp ")) << table.out;
  EXPECT_EQ(table.lines()[2], "and 1 more groups (--top N shows more rows)");

  EXPECT_TRUE(weir("top -r " + path).out.starts_with("DESTINATION  FLOWS")) << "a capture's default";
}

TEST_F(VerbFlows, an_empty_capture_is_no_error) {
  const RunResult result = weir("flows -o json -r " + file("a.pcap", PcapFile().bytes()));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(VerbFlows, ctrl_c_on_a_waiting_pipe_ends_in_order) {
  const std::string path = file("a.pcap", conversation());
  const RunResult result =
      shell("mkfifo " + folder_.path("pipe") + "; { cat " + path + "; sleep 20; } > " + folder_.path("pipe") +
            " & writer=$!; WEIR flows -o json -r - < " + folder_.path("pipe") +
            " & weir=$!; sleep 0.5; kill -TERM $weir; wait $weir; echo status $? >&2; kill $writer");
  EXPECT_EQ(records(result).size(), 1u);
  EXPECT_NE(result.err.find("status 0"), std::string::npos) << result.err;
}

}  // namespace
TEST_F(VerbFlows, says_that_stdin_is_closed_instead_of_waiting_for_another_file) {
  const RunResult result = weir("flows -r - <&-");
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("stdin: cannot read it"), std::string::npos) << result.err;
}

}  // namespace weir::tests
