// SPDX-License-Identifier: Apache-2.0
#include "flow/fragment_table.h"

#include <gtest/gtest.h>

#include "flow/test_packet.h"

namespace weir::flow {
namespace {

using test::kClient;
using test::kSecond;
using test::kServer;
using test::kStart;
using test::Packet;
using test::Table;

Packet first_fragment(uint32_t id) {
  return Packet(kClient, kServer).udp(1, 2).fragment(PACKET_FIRST_FRAGMENT, id);
}
Packet later_fragment(uint32_t id) {
  return Packet(kClient, kServer).protocol(17).fragment(PACKET_LATER_FRAGMENT, id);
}

TEST(FragmentTable, later_fragments_count_for_the_flow_of_their_first) {
  Table table;
  table.add({first_fragment(7), later_fragment(7), later_fragment(7).at(29)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].source.packets, 3u);
  EXPECT_TRUE(records[0].has_ports);
  EXPECT_EQ(table.flows.counters().fragment_orphans, 0u);
}

TEST(FragmentTable, an_orphan_is_counted_and_makes_a_flow_without_ports) {
  Table table;
  table.add({later_fragment(7), first_fragment(8), later_fragment(9), later_fragment(8).at(31)});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_FALSE(records[0].has_ports);
  EXPECT_EQ(records[0].source.packets, 3u);
  EXPECT_EQ(records[1].source.packets, 1u);
  EXPECT_EQ(table.flows.counters().fragment_orphans, 3u);
}

TEST(FragmentTable, fragments_of_version_6_take_the_protocol_of_the_first) {
  Packet first("fd00::1", "fd00::2");
  first.udp(1, 2).fragment(PACKET_FIRST_FRAGMENT, 7);
  Packet later("fd00::1", "fd00::2");
  later.protocol(60).fragment(PACKET_LATER_FRAGMENT, 7);  // destination options stand before UDP
  Table table;
  table.add({first, later});
  EXPECT_EQ(table.finish().size(), 1u);
}

TEST(FragmentTable, fragments_of_an_echo_belong_to_its_id) {
  Packet first(kClient, kServer);
  first.icmp(8, 0, 5).fragment(PACKET_FIRST_FRAGMENT, 7);
  Packet later(kClient, kServer);
  later.protocol(1).fragment(PACKET_LATER_FRAGMENT, 7);
  Table table;
  table.add({first, later});
  const auto& records = table.finish();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].icmp_id, 5);
  EXPECT_EQ(records[0].source.packets, 2u);
}

TEST(FragmentTable, two_datagrams_with_one_id_of_two_protocols_are_two) {
  FragmentTable table(1);
  const Packet first = first_fragment(7);
  table.remember(first.info, port_pair(first.info), kStart);
  EXPECT_TRUE(table.find(later_fragment(7).info, kStart));
  EXPECT_FALSE(table.find(later_fragment(7).protocol(1).info, kStart));
  EXPECT_FALSE(table.find(later_fragment(8).info, kStart));
}

TEST(FragmentTable, holds_a_bounded_number_and_counts_what_it_drops) {
  FragmentTable table(1);
  constexpr uint32_t kMany = 20'000;
  for (uint32_t id = 0; id < kMany; ++id) table.remember(first_fragment(id).info, {}, kStart + id);
  uint64_t found = 0;
  for (uint32_t id = 0; id < kMany; ++id)
    found += table.find(later_fragment(id).info, kStart + kMany) ? 1 : 0;
  EXPECT_LE(found, FragmentTable::kDatagrams);
  EXPECT_EQ(found + table.evicted(), kMany);
  EXPECT_TRUE(table.find(later_fragment(kMany - 1).info, kStart + kMany));
}

TEST(FragmentTable, old_datagrams_make_room_without_being_counted) {
  FragmentTable table(1);
  for (uint32_t id = 0; id < 10'000; ++id)
    table.remember(first_fragment(id).info, {}, kStart + id * FragmentTable::kKeptNs);
  EXPECT_EQ(table.evicted(), 0u);
}

}  // namespace
}  // namespace weir::flow
