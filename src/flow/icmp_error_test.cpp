// SPDX-License-Identifier: Apache-2.0
#include "flow/icmp_error.h"

#include <gtest/gtest.h>

#include "flow/test_packet.h"

namespace weir::flow {
namespace {

using test::eight_octets;
using test::kClient;
using test::kClientPort;
using test::kSecond;
using test::kServer;
using test::kServerPort;
using test::kStart;
using test::Packet;
using test::request;
using test::response;
using test::Table;

const char* const kRouter = "192.0.2.1";

TEST(IcmpError, is_a_flow_of_its_own_and_rejects_the_flow_that_it_quotes) {
  Table table;
  table.add({Packet(kClient, kServer).udp(4000, 53),
             Packet(kServer, kClient).icmp(3, 3).quoting(kClient, kServer, 17, eight_octets(4000, 53))});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].state, FlowState::rejected);
  EXPECT_TRUE(records[0].icmp_error);
  EXPECT_EQ(records[0].destination.packets, 0u);
  EXPECT_EQ(records[1].protocol, 1);
  EXPECT_EQ(records[1].icmp_type, 3);
  EXPECT_EQ(records[1].icmp_code, 3);
  EXPECT_FALSE(records[1].icmp_error);
  EXPECT_EQ(table.flows.counters().quotes_unknown, 0u);
}

TEST(IcmpError, from_a_router_rejects_a_syn_by_eight_quoted_octets) {
  Table table;
  table.add({request("S", 1), Packet(kRouter, kClient)
                                  .icmp(3, 13)
                                  .quoting(kClient, kServer, 6, eight_octets(kClientPort, kServerPort))});
  table.flows.advance(kStart + 301 * kSecond);
  ASSERT_EQ(table.records.size(), 2u);
  EXPECT_EQ(table.records[1].protocol, 6);
  EXPECT_EQ(table.records[1].state, FlowState::rejected);
}

TEST(IcmpError, on_an_answered_flow_marks_only) {
  Table table;
  table.add({Packet(kClient, kServer).udp(4000, 53), Packet(kServer, kClient).udp(53, 4000),
             Packet(kClient, kServer).icmp(3, 3).quoting(kServer, kClient, 17, eight_octets(53, 4000))});
  EXPECT_EQ(table.finish().at(0).state, FlowState::open);
  EXPECT_TRUE(table.records[0].icmp_error);
  EXPECT_EQ(table.records[0].source.port, 4000);
}

TEST(IcmpError, that_is_no_refusal_marks_only) {
  Table table;
  table.add({Packet(kClient, kServer).udp(4000, 33434),
             Packet(kRouter, kClient).icmp(11, 0).quoting(kClient, kServer, 17, eight_octets(4000, 33434)),
             Packet(kClient, kServer).udp(4001, 33434),
             Packet(kRouter, kClient).icmp(3, 4).quoting(kClient, kServer, 17, eight_octets(4001, 33434))});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 4u);
  for (const FlowRecord& record : records)
    if (record.protocol == 17) {
      EXPECT_TRUE(record.icmp_error);
      EXPECT_EQ(record.state, FlowState::fresh);
    }
}

TEST(IcmpError, makes_its_receiver_the_source_where_no_syn_was_seen) {
  Table table;
  table.add({Packet(kServer, kClient).udp(53, 4000),
             Packet(kServer, kClient).icmp(3, 3).quoting(kClient, kServer, 17, eight_octets(4000, 53))});
  const FlowRecord record = table.finish().at(0);
  EXPECT_EQ(record.source.port, 4000);
  EXPECT_EQ(record.destination.packets, 1u);
}

TEST(IcmpError, of_version_6_rejects_too_and_echo_quotes_are_found_by_id) {
  Table table;
  table.add(
      {Packet("fd00::1", "fd00::2").udp(4000, 53),
       Packet("fd00::2", "fd00::1").icmp(1, 4).quoting("fd00::1", "fd00::2", 17, eight_octets(4000, 53)),
       Packet(kClient, kServer).icmp(8, 0, 0x1234),
       Packet(kRouter, kClient).icmp(3, 1).quoting(kClient, kServer, 1, {8, 0, 0, 0, 0x12, 0x34, 0, 1})});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0].state, FlowState::rejected);
  EXPECT_EQ(records[2].state, FlowState::rejected);
}

TEST(IcmpError, whose_quote_is_unknown_or_cut_is_counted) {
  Table table;
  Packet cut = Packet(kServer, kClient).icmp(3, 3).quoting(kClient, kServer, 17, eight_octets(1, 2));
  cut.captured_bytes = 40;  // inside the quoted IP header
  Packet without_ports = Packet(kServer, kClient).icmp(3, 3).quoting(kClient, kServer, 17, {});
  Packet without_data = Packet(kServer, kClient).icmp(3, 3);
  table.add({Packet(kClient, kServer).udp(1, 2), cut, without_ports, without_data,
             Packet(kServer, kClient).icmp(3, 3).quoting(kClient, kServer, 17, eight_octets(9, 9))});
  EXPECT_EQ(table.finish().at(0).icmp_error, false);
  EXPECT_EQ(table.flows.counters().quotes_unknown, 4u);
}

}  // namespace
}  // namespace weir::flow
