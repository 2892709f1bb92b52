// SPDX-License-Identifier: Apache-2.0
#include "flow/tcp_tracker.h"

#include <gtest/gtest.h>

#include "flow/test_packet.h"

namespace weir::flow {
namespace {

using test::kClient;
using test::kClientPort;
using test::kSecond;
using test::kServerPort;
using test::kStart;
using test::Packet;
using test::request;
using test::response;
using test::Table;

uint16_t source_port(const FlowRecord& record) {
  return record.source.port;
}

TEST(TcpTracker, a_whole_connection_is_closed_and_knows_its_handshake) {
  Table table;
  table.add({request("S", 100), response("SA", 500).at(0.1), request("A", 101).at(0.184),
             request("PA", 101, 50).at(0.2), response("PA", 501, 1000).at(0.3), response("FA", 1501).at(0.4),
             request("FA", 151).at(0.5), response("A", 1502).at(0.6)});
  table.flows.advance(kStart + 6 * kSecond);
  ASSERT_EQ(table.records.size(), 1u);
  const FlowRecord& record = table.records[0];
  EXPECT_EQ(record.state, FlowState::closed);
  EXPECT_EQ(source_port(record), kClientPort);
  EXPECT_EQ(record.handshake_ns, 184'000'000u);
  EXPECT_FALSE(record.partial);
  EXPECT_EQ(record.source.tcp_flags, 1 | 2 | 8 | 16);
  EXPECT_EQ(record.destination.tcp_flags, 1 | 2 | 8 | 16);
  EXPECT_EQ(record.source.packets, 4u);
  EXPECT_EQ(record.destination.packets, 4u);  // the last ACK came after the end and counts
  EXPECT_EQ(record.source.retransmits + record.destination.retransmits, 0u);
  EXPECT_EQ(record.end_ns, kStart + 600'000'000);
}

TEST(TcpTracker, a_connection_whose_syn_was_not_seen_is_partial) {
  Table table;
  table.add({response("PA", 501, 10), request("A", 101)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_TRUE(records[0].partial);
  EXPECT_EQ(source_port(records[0]), kServerPort);  // the first sender
  EXPECT_EQ(records[0].handshake_ns, std::nullopt);
  EXPECT_EQ(records[0].state, FlowState::open);
}

TEST(TcpTracker, a_syn_and_ack_first_means_that_the_other_one_asked) {
  Table table;
  table.add({response("SA", 500), request("A", 101)});
  EXPECT_EQ(source_port(table.finish().at(0)), kClientPort);
  EXPECT_TRUE(table.records[0].partial);
}

TEST(TcpTracker, a_syn_captured_after_its_answer_still_names_the_source) {
  Table table;
  table.add({response("SA", 500), request("S", 100), request("A", 101)});
  EXPECT_EQ(source_port(table.finish().at(0)), kClientPort);
  EXPECT_FALSE(table.records[0].partial);
}

TEST(TcpTracker, a_reset_to_the_syn_rejects) {
  Table table;
  table.add({request("S", 100), response("RA", 0)});
  table.flows.advance(kStart + 6 * kSecond);
  ASSERT_EQ(table.records.size(), 1u);
  EXPECT_EQ(table.records[0].state, FlowState::rejected);
  EXPECT_EQ(table.records[0].destination.resets, 1u);
  EXPECT_EQ(source_port(table.records[0]), kClientPort);
}

TEST(TcpTracker, a_reset_with_ack_and_no_syn_before_makes_its_receiver_the_source) {
  Table table;
  table.add({response("RA", 0)});
  EXPECT_EQ(table.finish().at(0).state, FlowState::rejected);
  EXPECT_EQ(source_port(table.records[0]), kClientPort);
  EXPECT_TRUE(table.records[0].partial);
}

TEST(TcpTracker, a_reset_on_an_answered_flow_is_a_reset) {
  Table table;
  table.add({request("S", 100), response("SA", 500), request("A", 101), response("RA", 501)});
  EXPECT_EQ(table.finish().at(0).state, FlowState::reset);
}

TEST(TcpTracker, a_reset_that_aborts_a_connection_of_before_the_capture_is_a_reset) {
  Table table;
  table.add({request("PA", 100, 10), response("RA", 501)});
  EXPECT_EQ(table.finish().at(0).state, FlowState::reset);
  EXPECT_EQ(source_port(table.records[0]), kClientPort);
}

TEST(TcpTracker, a_half_open_scan_is_a_reset_without_a_handshake) {
  Table table;
  table.add({request("S", 100), response("SA", 500).at(0.1), request("R", 101).at(0.2)});
  EXPECT_EQ(table.finish().at(0).state, FlowState::reset);
  EXPECT_EQ(table.records[0].handshake_ns, std::nullopt);
  EXPECT_EQ(table.records[0].source.resets, 1u);
}

TEST(TcpTracker, a_reset_after_both_fins_leaves_the_flow_closed) {
  Table table;
  table.add({request("S", 1), response("SA", 1), request("FA", 2), response("FA", 2), request("R", 3)});
  EXPECT_EQ(table.finish().at(0).state, FlowState::closed);
}

TEST(TcpTracker, one_fin_ends_nothing) {
  Table table;
  table.add({request("S", 1), response("SA", 1), request("FA", 2), response("A", 2)});
  table.flows.advance(kStart + 100 * kSecond);
  EXPECT_EQ(table.records.size(), 0u);
  EXPECT_EQ(table.finish().at(0).state, FlowState::open);
}

TEST(TcpTracker, nobody_answered_yet_is_new_at_the_end_of_the_file) {
  Table table;
  table.add({request("S", 1)});
  EXPECT_EQ(table.finish().at(0).state, FlowState::fresh);
}

TEST(TcpTracker, a_new_syn_on_an_ended_entry_begins_a_new_flow) {
  Table table;
  table.add({request("S", 100), response("RA", 0), request("S", 100).at(1), request("S", 9000).at(2)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].state, FlowState::rejected);
  EXPECT_EQ(records[0].source.packets, 2u);  // the same SYN again is a straggler
  EXPECT_EQ(records[0].source.retransmits, 1u);
  EXPECT_EQ(records[1].state, FlowState::fresh);
  EXPECT_EQ(records[1].start_ns, kStart + 2 * kSecond);
  EXPECT_EQ(records[1].source.packets, 1u);
}

TEST(TcpTracker, a_new_syn_on_a_living_flow_counts_to_it) {
  Table table;
  table.add({request("S", 100), request("S", 5)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].source.packets, 2u);
  EXPECT_EQ(records[0].source.retransmits, 0u);
}

TEST(TcpTracker, stragglers_put_the_end_off_and_later_packets_are_another_flow) {
  Table table;
  table.add({request("S", 1), response("SA", 1), request("R", 2).at(1), response("A", 2).at(5),
             response("A", 2).at(9.5), response("A", 2).at(14.5)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].state, FlowState::reset);
  EXPECT_EQ(records[0].destination.packets, 3u);
  EXPECT_TRUE(records[1].partial);
}

TEST(TcpTracker, segments_that_begin_below_the_highest_sequence_are_retransmits) {
  Table table;
  table.add({request("S", 100), request("S", 100).at(1), response("SA", 500).at(1.1),
             response("SA", 500).at(1.2), request("A", 101).at(1.3), request("PA", 101, 100).at(1.4),
             request("PA", 101, 100).at(2), request("PA", 201, 100).at(2.1), request("PA", 151, 200).at(2.2),
             request("FA", 351).at(3), request("FA", 351).at(4)});
  const FlowRecord record = table.finish().at(0);
  EXPECT_EQ(record.source.retransmits, 4u);  // SYN, data, overlapping data, FIN
  EXPECT_EQ(record.destination.retransmits, 1u);
  EXPECT_EQ(record.handshake_ns, 1'300'000'000u);  // since the first SYN
}

TEST(TcpTracker, keep_alives_and_bare_acknowledgments_are_no_retransmits) {
  Table table;
  table.add({request("S", 100), request("PA", 101, 100), request("A", 200), request("A", 200, 1),
             request("A", 150), request("A", 201), request("PA", 201, 1), request("PA", 201, 1)});
  EXPECT_EQ(table.finish().at(0).source.retransmits, 0u);
}

TEST(TcpTracker, one_byte_before_a_keep_alive_position_is_a_retransmit) {
  Table table;
  table.add({request("S", 100), request("PA", 101, 100), request("A", 199, 1), request("PA", 200, 2)});
  EXPECT_EQ(table.finish().at(0).source.retransmits, 2u);
}

TEST(TcpTracker, sequence_numbers_wrap) {
  Table table;
  table.add({request("S", 0xfffffff0), request("PA", 0xfffffff1, 100), request("PA", 0x55, 100),
             request("PA", 0xfffffff1, 100)});
  EXPECT_EQ(table.finish().at(0).source.retransmits, 1u);
}

TEST(TcpTracker, zero_windows_count_except_in_resets) {
  Table table;
  table.add({request("S", 1), response("SA", 1), response("A", 2).window(0), response("A", 2).window(0),
             response("R", 2).window(0)});
  EXPECT_EQ(table.finish().at(0).destination.zero_windows, 2u);
  EXPECT_EQ(table.records[0].source.zero_windows, 0u);
}

TEST(TcpTracker, losses_are_reported_as_differences_between_parts_and_flags_as_all) {
  PacketFlowsOptions options;
  options.active = std::chrono::seconds(10);
  Table table(options);
  table.add({request("S", 1), request("S", 1).at(1), response("SA", 1).at(12), request("A", 2).at(12.5)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].source.retransmits, 1u);
  EXPECT_EQ(records[0].state, FlowState::fresh);
  EXPECT_EQ(records[1].source.retransmits, 0u);
  EXPECT_EQ(records[1].source.tcp_flags, 2 | 16);
  EXPECT_EQ(records[1].handshake_ns, 12'500'000'000u);
}

}  // namespace
}  // namespace weir::flow
