// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_flows.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "flow/test_packet.h"

namespace weir::flow {
namespace {

using std::chrono::seconds;
using test::kClient;
using test::kSecond;
using test::kServer;
using test::kStart;
using test::Packet;
using test::request;
using test::response;
using test::Table;

TEST(PacketFlows, both_ways_are_one_flow_whose_source_is_the_first_sender) {
  Table table;
  table.add({Packet(kClient, kServer).udp(4000, 53).bytes(60),
             Packet(kServer, kClient).udp(53, 4000).bytes(200),
             Packet(kClient, kServer).udp(4000, 53).bytes(61).at(1)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  const FlowRecord& record = records[0];
  EXPECT_EQ(record.source.address, decode::IpAddress::v4("\x0a\x00\x00\x07"));
  EXPECT_EQ(record.source.port, 4000);
  EXPECT_EQ(record.source.packets, 2u);
  EXPECT_EQ(record.source.bytes, 121u);
  EXPECT_EQ(record.destination.port, 53);
  EXPECT_EQ(record.destination.packets, 1u);
  EXPECT_EQ(record.destination.bytes, 200u);
  EXPECT_EQ(record.protocol, 17);
  EXPECT_TRUE(record.has_ports);
  EXPECT_FALSE(record.partial);
  EXPECT_EQ(record.start_ns, kStart);
  EXPECT_EQ(record.end_ns, kStart + kSecond);
  EXPECT_EQ(record.part, 1u);
  EXPECT_EQ(record.state, FlowState::open);
  EXPECT_FALSE(record.icmp_id || record.icmp_type || record.handshake_ns);
}

TEST(PacketFlows, ports_protocols_and_versions_tell_flows_apart) {
  Table table;
  table.add({Packet(kClient, kServer).udp(1, 2), Packet(kClient, kServer).udp(2, 1),
             Packet(kClient, kServer).ports(132, 1, 2), Packet("::1", "::2").udp(1, 2),
             Packet("::0a00:7", "::0a00:1").udp(1, 2), Packet(kClient, kServer).udp(0, 0),
             Packet(kClient, kServer).protocol(17)});
  EXPECT_EQ(table.finish().size(), 7u);
}

TEST(PacketFlows, a_version_4_and_a_version_6_address_with_the_same_bytes_never_meet) {
  Packet six("a00:7::", "a00:1::");  // begins with the bytes of 10.0.0.7 and 10.0.0.1
  Table table;
  table.add({Packet(kClient, kServer).udp(1, 2), six.udp(1, 2)});
  EXPECT_EQ(table.finish().size(), 2u);
}

TEST(PacketFlows, addresses_that_equal_each_other_are_ordered_by_port) {
  Table table;
  table.add({Packet("127.0.0.1", "127.0.0.1").udp(9000, 53), Packet("127.0.0.1", "127.0.0.1").udp(53, 9000)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].source.port, 9000);
  EXPECT_EQ(records[0].source.packets, 1u);
  EXPECT_EQ(records[0].destination.packets, 1u);
}

TEST(PacketFlows, echo_flows_have_their_id_and_other_icmp_its_type) {
  Table table;
  table.add({Packet(kClient, kServer).icmp(8, 0, 77), Packet(kServer, kClient).icmp(0, 0, 77),
             Packet(kClient, kServer).icmp(8, 0, 78), Packet(kClient, kServer).icmp(13, 0)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].icmp_id, 77);
  EXPECT_EQ(records[0].icmp_type, 8);
  EXPECT_EQ(records[0].destination.packets, 1u);
  EXPECT_FALSE(records[0].has_ports);
  EXPECT_EQ(records[1].icmp_id, 78);
  EXPECT_EQ(records[2].icmp_id, std::nullopt);
  EXPECT_EQ(records[2].icmp_type, 13);
  EXPECT_EQ(records[2].icmp_code, 0);
}

TEST(PacketFlows, the_same_icmp_type_the_other_way_is_no_answer) {
  Table table;
  table.add({Packet("fe80::1", "fe80::2").icmp(135), Packet("fe80::2", "fe80::1").icmp(135),
             Packet("fe80::1", "fe80::2").icmp(135)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].source.packets, 2u);
  EXPECT_EQ(records[0].state, FlowState::fresh);
  EXPECT_EQ(records[1].source.packets, 1u);
}

TEST(PacketFlows, a_host_that_pings_itself_answers_itself) {
  Table table;
  table.add({Packet("127.0.0.1", "127.0.0.1").icmp(8, 0, 5), Packet("127.0.0.1", "127.0.0.1").icmp(0, 0, 5)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].source.packets, 1u);
  EXPECT_EQ(records[0].destination.packets, 1u);
}

TEST(PacketFlows, a_packet_whose_transport_header_was_cut_makes_a_flow_without_ports) {
  Table table;
  table.add({Packet(kClient, kServer).protocol(6), Packet(kClient, kServer).protocol(6)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_FALSE(records[0].has_ports);
  EXPECT_FALSE(records[0].partial);
  EXPECT_EQ(records[0].source.packets, 2u);
}

TEST(PacketFlows, idle_flows_time_out_tcp_later_than_others) {
  Table table;
  table.add({request("PA", 1, 10), Packet(kClient, kServer).udp(1, 2)});
  table.flows.advance(kStart + 60 * kSecond - 1);
  EXPECT_EQ(table.records.size(), 0u);
  table.flows.advance(kStart + 61 * kSecond);
  ASSERT_EQ(table.records.size(), 1u);
  EXPECT_EQ(table.records[0].protocol, 17);
  EXPECT_EQ(table.records[0].state, FlowState::timeout);
  table.flows.advance(kStart + 301 * kSecond);
  ASSERT_EQ(table.records.size(), 2u);
  EXPECT_EQ(table.records[1].protocol, 6);
  EXPECT_EQ(table.flows.live_flows(), 0u);
}

TEST(PacketFlows, a_packet_exactly_at_the_idle_limit_begins_a_new_flow) {
  Table table;
  const Packet packet = Packet(kClient, kServer).udp(1, 2);
  table.add({packet, Packet(packet).at(59.999999999), Packet(packet).at(119.999999999)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].source.packets, 2u);
  EXPECT_EQ(records[0].state, FlowState::timeout);
  EXPECT_EQ(records[1].source.packets, 1u);
  EXPECT_EQ(records[1].state, FlowState::fresh);
}

TEST(PacketFlows, a_leap_of_years_ends_everything_once) {
  Table table;
  for (int i = 0; i < 50; ++i) table.add({Packet(kClient, kServer).udp(1, static_cast<uint16_t>(i)).at(i)});
  table.flows.advance(kStart + 1'000'000'000 * kSecond);
  EXPECT_EQ(table.records.size(), 50u);
  table.flows.advance(INT64_MAX);
  EXPECT_EQ(table.finish().size(), 50u);
}

TEST(PacketFlows, time_that_goes_backwards_is_held_and_counted) {
  Table table;
  table.add({Packet(kClient, kServer).udp(1, 2).at(10), Packet(kServer, kClient).udp(2, 1).at(4),
             Packet(kClient, kServer).udp(1, 2).at(11)});
  Packet before_1970(kClient, kServer);
  before_1970.udp(1, 2).time_ns = INT64_MIN;
  table.flows.add(before_1970);
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].start_ns, kStart + 10 * kSecond);
  EXPECT_EQ(records[0].end_ns, kStart + 11 * kSecond);
  EXPECT_EQ(table.flows.counters().times_backwards, 2u);
}

TEST(PacketFlows, active_splits_into_parts_whose_sums_are_the_whole) {
  PacketFlowsOptions options;
  options.active = seconds(10);
  Table table(options);
  for (int second = 0; second < 25; ++second)
    table.add({Packet(kClient, kServer).udp(1, 2).at(second).bytes(100)});
  table.add({Packet(kServer, kClient).udp(2, 1).at(25).bytes(50)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 3u);
  uint64_t packets = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].part, i + 1);
    EXPECT_EQ(records[i].start_ns, kStart);
    packets += records[i].source.packets + records[i].destination.packets;
  }
  EXPECT_EQ(packets, 26u);
  EXPECT_EQ(records[0].source.packets, 10u);
  EXPECT_EQ(records[0].end_ns, kStart + 9 * kSecond);
  EXPECT_EQ(records[0].state, FlowState::fresh);
  EXPECT_EQ(records[2].source.packets, 5u);
  EXPECT_EQ(records[2].destination.bytes, 50u);
  EXPECT_EQ(records[2].state, FlowState::open);
}

TEST(PacketFlows, a_part_comes_without_a_packet_to_cause_it_and_is_established_when_answered) {
  PacketFlowsOptions options;
  options.active = seconds(10);
  Table table(options);
  table.add({Packet(kClient, kServer).udp(1, 2), Packet(kServer, kClient).udp(2, 1).at(1)});
  table.flows.advance(kStart + 11 * kSecond);
  ASSERT_EQ(table.records.size(), 1u);
  EXPECT_EQ(table.records[0].state, FlowState::established);
  table.flows.advance(kStart + 40 * kSecond);  // nothing happened: no part
  EXPECT_EQ(table.records.size(), 1u);
  table.flows.advance(kStart + 62 * kSecond);
  ASSERT_EQ(table.records.size(), 2u);
  EXPECT_EQ(table.records[1].part, 2u);
  EXPECT_EQ(table.records[1].state, FlowState::timeout);
  EXPECT_EQ(table.records[1].source.packets, 0u);
}

TEST(PacketFlows, the_table_never_holds_more_than_max_flows_and_evicts_the_least_recently_seen) {
  PacketFlowsOptions options;
  options.max_flows = 3;
  Table table(options);
  table.add({Packet(kClient, kServer).udp(1, 1).at(0), Packet(kClient, kServer).udp(1, 2).at(1),
             Packet(kClient, kServer).udp(1, 3).at(2), Packet(kClient, kServer).udp(1, 1).at(3),
             Packet(kClient, kServer).udp(1, 4).at(4)});
  EXPECT_EQ(table.flows.live_flows(), 3u);
  ASSERT_EQ(table.records.size(), 1u);
  EXPECT_EQ(table.records[0].destination.port, 2);
  EXPECT_EQ(table.records[0].state, FlowState::evicted);
  EXPECT_EQ(table.flows.counters().evicted, 1u);
}

TEST(PacketFlows, an_ended_flow_makes_room_first_and_is_not_counted_as_evicted) {
  PacketFlowsOptions options;
  options.max_flows = 2;
  Table table(options);
  table.add({Packet(kClient, kServer).udp(1, 1).at(0), request("S", 1).at(1), response("RA", 0).at(2),
             Packet(kClient, kServer).udp(1, 2).at(3)});
  ASSERT_EQ(table.records.size(), 1u);
  EXPECT_EQ(table.records[0].state, FlowState::rejected);
  EXPECT_EQ(table.flows.counters().evicted, 0u);
}

TEST(PacketFlows, records_name_the_interfaces_crossed) {
  Table table;
  table.flows.name_interface(0, "eth0");
  table.flows.name_interface(2, "veth1");
  table.add({Packet(kClient, kServer).udp(1, 2).on(2), Packet(kClient, kServer).udp(1, 2).on(0),
             Packet(kClient, kServer).udp(1, 2).on(1), Packet(kClient, kServer).udp(1, 2).on(4'000'000'000)});
  EXPECT_EQ(table.finish().at(0).interfaces, (std::vector<std::string>{"eth0", "veth1"}));
}

TEST(PacketFlows, a_table_without_room_is_refused) {
  PacketFlowsOptions options;
  options.max_flows = 0;
  EXPECT_EQ(PacketFlows::create(options, {}).error().kind, base::ErrorKind::bad_input);
  options.max_flows = PacketFlows::kMaxFlows + 1;
  EXPECT_EQ(PacketFlows::create(options, {}).error().kind, base::ErrorKind::bad_input);
}

TEST(PacketFlows, can_be_used_again_after_finish) {
  Table table;
  table.add({Packet(kClient, kServer).udp(1, 2)});
  table.finish();
  table.add({Packet(kClient, kServer).udp(1, 2).at(1), Packet(kClient, kServer).udp(3, 2).at(1)});
  EXPECT_EQ(table.finish().size(), 3u);
  EXPECT_EQ(table.flows.live_flows(), 0u);
}

// Random traffic against the plainest table that can be: a map that is never bounded.
TEST(PacketFlows, totals_of_random_traffic_equal_a_plain_map) {
  PacketFlowsOptions options;
  options.max_flows = 300;  // far too few: evictions all the time
  options.active = seconds(3);
  Table table(options);
  struct Sum {
    uint64_t packets = 0;
    uint64_t bytes = 0;
    bool operator==(const Sum&) const = default;
  };
  using Way = std::tuple<decode::IpAddress, uint16_t, decode::IpAddress, uint16_t, uint8_t>;
  std::map<Way, Sum> expected;
  std::mt19937 random(7);
  std::vector<FlowPacket> batch;
  for (int i = 0; i < 60'000; ++i) {
    const unsigned host = random() % 40;
    const std::string other = "10.1.0." + std::to_string(host);
    const bool out = random() % 2 == 0;
    Packet packet(out ? kClient : other.c_str(), out ? other.c_str() : kClient);
    const auto client_port = static_cast<uint16_t>(1000 + random() % 20);
    packet.udp(out ? client_port : 53, out ? 53 : client_port).bytes(28 + random() % 1400).at(i * 0.001);
    if (random() % 3 == 0)
      packet.ports(6, out ? client_port : 80, out ? 80 : client_port)
          .tcp(random() % 20 == 0   ? "S"
               : random() % 15 == 0 ? "FA"
               : random() % 40 == 0 ? "R"
                                    : "A",
               random());
    const decode::IpAddress source = decode::IpAddress::v4(&packet.info.source);
    const decode::IpAddress destination = decode::IpAddress::v4(&packet.info.destination);
    Sum& sum = expected[{source, ntohs(packet.info.source_port), destination,
                         ntohs(packet.info.destination_port), packet.info.protocol}];
    ++sum.packets;
    sum.bytes += packet.info.ip_bytes;
    batch.push_back(packet);
    if (batch.size() == 100) {
      table.flows.add(batch);
      batch.clear();
      EXPECT_LE(table.flows.live_flows(), 300u);
    }
  }
  table.flows.add(batch);
  std::map<Way, Sum> seen;
  for (const FlowRecord& record : table.finish()) {
    const FlowEnd* ends[] = {&record.source, &record.destination};
    for (int from = 0; from < 2; ++from) {
      const FlowEnd& sender = *ends[from];
      const FlowEnd& receiver = *ends[1 - from];
      if (sender.packets == 0) continue;
      Sum& sum = seen[{sender.address, sender.port, receiver.address, receiver.port, record.protocol}];
      sum.packets += sender.packets;
      sum.bytes += sender.bytes;
    }
  }
  EXPECT_TRUE(seen == expected);
  EXPECT_GT(table.flows.counters().evicted, 1000u);
  EXPECT_EQ(table.flows.counters().packets, 60'000u);
  EXPECT_EQ(table.flows.counters().records, table.records.size());
}

TEST(PacketFlows, owners_belong_to_the_end_that_sent_or_received) {
  Table table;
  const auto process = [](uint32_t pid) {
    auto process = std::make_shared<decode::Process>();
    process->pid = pid;
    return process;
  };
  const auto curl = process(1);
  const auto nginx = process(2);
  const auto worker = process(3);
  Packet sent = Packet(kClient, kServer).udp(4000, 53);
  sent.owner = curl;
  sent.owner_sends = true;
  Packet received = Packet(kClient, kServer).udp(4000, 53);
  received.owner = nginx;
  Packet answer = Packet(kServer, kClient).udp(53, 4000);
  answer.owner = worker;  // after a fork: the last word counts
  answer.owner_sends = true;
  Packet other = Packet(kClient, kServer).udp(4001, 53);
  table.add({sent, received, answer, Packet(kClient, kServer).udp(4000, 53), other});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  const FlowRecord& owned = records[records[0].source.port == 4000 ? 0 : 1];
  const FlowRecord& unowned = records[records[0].source.port == 4000 ? 1 : 0];
  EXPECT_EQ(owned.source.process, curl);
  EXPECT_EQ(owned.destination.process, worker);
  EXPECT_EQ(unowned.source.process, nullptr);
  EXPECT_EQ(unowned.destination.process, nullptr);
}

TEST(PacketFlows, flows_that_end_or_are_evicted_let_go_of_their_owners) {
  PacketFlowsOptions options;
  options.max_flows = 8;
  std::weak_ptr<const decode::Process> seen;
  {
    Table table(options);
    for (uint16_t port = 1; port <= 100; ++port) {
      Packet packet = Packet(kClient, kServer).udp(port, 53);
      auto process = std::make_shared<decode::Process>();
      process->pid = port;
      packet.owner = process;
      packet.owner_sends = true;
      table.flows.add(packet);
      if (port == 1) seen = process;
    }
    for (const FlowRecord& record : table.records) EXPECT_EQ(record.source.process->pid, record.source.port);
    EXPECT_FALSE(seen.expired());  // the kept records hold them
    table.records.clear();
    EXPECT_TRUE(seen.expired());
    EXPECT_EQ(table.finish().size(), 8u);
  }
}

}  // namespace
}  // namespace weir::flow
