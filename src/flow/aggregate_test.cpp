// SPDX-License-Identifier: Apache-2.0
#include "flow/aggregate.h"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

FlowRecord flow(uint16_t port, uint64_t sent_bytes, uint64_t received_bytes) {
  FlowRecord record;
  record.protocol = 6;
  record.has_ports = true;
  record.source.address = decode::IpAddress::v4("\x0a\x00\x00\x07");
  record.destination.address = decode::IpAddress::v4("\x0a\x00\x00\x09");
  record.destination.port = port;
  record.source.packets = 1;
  record.source.bytes = sent_bytes;
  record.destination.packets = 2;
  record.destination.bytes = received_bytes;
  record.start_ns = 1'000'000'000;
  record.end_ns = 3'000'000'000;
  return record;
}

Aggregate by(std::initializer_list<const char*> words, size_t max_groups = Aggregate::kMaxGroups) {
  std::vector<const Field*> fields;
  for (const char* word : words) fields.push_back(find_field(word));
  return Aggregate(fields, max_groups);
}

TEST(Aggregate, sums_over_the_records_of_a_group) {
  Aggregate aggregate = by({"port"});
  FlowRecord first = flow(80, 100, 1000);
  first.handshake_ns = 10;
  first.source.retransmits = 2;
  FlowRecord second = flow(80, 50, 0);
  second.srtt_ns = 30;
  second.handshake_ns = 5;
  second.state = FlowState::rejected;
  FlowRecord later_part = flow(80, 1, 1);
  later_part.part = 2;
  later_part.end_ns = 5'000'000'000;
  for (const FlowRecord& record : {first, second, later_part}) aggregate.add(record);
  aggregate.add(flow(443, 7, 7));

  const auto groups = aggregate.top(GroupOrder::bytes);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].values, std::vector<std::optional<std::string>>{"80"});
  const GroupSums& sums = groups[0].sums;
  EXPECT_EQ(sums.flows, 2u);
  EXPECT_EQ(sums.records, 3u);
  EXPECT_EQ(sums.sent_packets, 3u);
  EXPECT_EQ(sums.received_packets, 6u);
  EXPECT_EQ(sums.sent_bytes, 151u);
  EXPECT_EQ(sums.received_bytes, 1001u);
  EXPECT_EQ(sums.retransmits, 2u);
  EXPECT_EQ(sums.refused, 1u);
  EXPECT_EQ(sums.rtt_average_ns(), 20u);
  EXPECT_EQ(sums.rtt_max_ns, 30u);
  EXPECT_DOUBLE_EQ(sums.rate(), 1152 / 4.0);
  EXPECT_EQ(groups[1].sums.rtt_average_ns(), std::nullopt);
}

TEST(Aggregate, several_fields_make_one_key_and_absent_is_a_value_of_its_own) {
  Aggregate aggregate = by({"destination", "port"});
  FlowRecord without_ports = flow(0, 1, 1);
  without_ports.has_ports = false;
  for (const FlowRecord& record : {flow(80, 1, 1), flow(81, 1, 1), flow(0, 1, 1), without_ports})
    aggregate.add(record);
  const auto groups = aggregate.top(GroupOrder::bytes);
  ASSERT_EQ(groups.size(), 4u);
  size_t absent = 0;
  for (const Group& group : groups) {
    ASSERT_EQ(group.values.size(), 2u);
    EXPECT_EQ(group.values[0], "10.0.0.9");
    absent += !group.values[1];
  }
  EXPECT_EQ(absent, 1u);
}

TEST(Aggregate, gives_the_largest_first_and_no_more_than_asked) {
  Aggregate aggregate = by({"port"});
  for (uint16_t port = 1; port <= 50; ++port) aggregate.add(flow(port, port, 0));
  const auto groups = aggregate.top(GroupOrder::bytes, 3);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].values[0], "50");
  EXPECT_EQ(groups[2].values[0], "48");
  const auto equal = aggregate.top(GroupOrder::flows, 2);  // all have one: in the order of their texts
  EXPECT_EQ(equal[0].values[0], "1");
  EXPECT_EQ(equal[1].values[0], "10");
}

TEST(Aggregate, when_full_sums_further_groups_up_in_other) {
  Aggregate aggregate = by({"port"}, 2);
  for (const uint16_t port : {1, 2, 3, 4, 1}) aggregate.add(flow(port, 100, 0));
  const auto groups = aggregate.top(GroupOrder::bytes, 1);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].values[0], "1");
  EXPECT_EQ(groups[0].sums.bytes(), 200u);
  EXPECT_TRUE(groups[1].other);
  EXPECT_EQ(groups[1].sums.bytes(), 200u);
  EXPECT_EQ(aggregate.overflowed(), 2u);
  EXPECT_EQ(aggregate.groups(), 2u);
}

TEST(Aggregate, without_fields_is_one_total) {
  Aggregate aggregate = by({});
  aggregate.add(flow(1, 1, 0));
  aggregate.add(flow(2, 1, 0));
  const auto groups = aggregate.top(GroupOrder::bytes);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_TRUE(groups[0].values.empty());
  EXPECT_EQ(groups[0].sums.flows, 2u);
}

TEST(Aggregate, orders_have_the_words_of_sort) {
  EXPECT_EQ(group_order("rtt"), GroupOrder::rtt);
  EXPECT_EQ(group_order("rate"), GroupOrder::rate);
  EXPECT_EQ(group_order("size"), std::nullopt);
}

}  // namespace
}  // namespace weir::flow
