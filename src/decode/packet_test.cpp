// SPDX-License-Identifier: Apache-2.0
#include "decode/packet.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "packet/parse.h"
#include "tests/packet_cases.h"
#include "tests/packet_text.h"

namespace weir::decode {
namespace {

using namespace weir::tests;

// No padding: comparing bytes compares fields.
static_assert(sizeof(packet_info) == 2 * 16 + 7 * 4 + 5 * 2 + 10);

packet_result parse(const PacketCase& packet, size_t captured, packet_info& info) {
  const Bytes bytes(packet.frame.begin(),
                    packet.frame.begin() + static_cast<std::ptrdiff_t>(captured));  // ASan
  std::memset(&info, 0xee, sizeof info);
  return parse_packet(packet.link, bytes.data(), static_cast<uint32_t>(captured),
                      static_cast<uint32_t>(packet.frame.size()), packet.decapsulate, info);
}

class packet : public testing::TestWithParam<PacketCase> {};

TEST_P(packet, is_parsed) {
  packet_info info;
  const packet_result result = parse(GetParam(), GetParam().frame.size(), info);
  EXPECT_STREQ(to_string(result), to_string(GetParam().expected.result));
  EXPECT_EQ(packet_text(info), packet_text(GetParam().expected.info()));
}

TEST_P(packet, is_refused_or_the_same_however_short_the_capture) {
  packet_info whole, info;
  if (parse(GetParam(), GetParam().frame.size(), whole) != PACKET_OK) return;
  for (size_t captured = 0; captured < GetParam().frame.size(); ++captured) {
    const packet_result result = parse(GetParam(), captured, info);
    if (result == PACKET_OK && info.tunnels == whole.tunnels) {
      ASSERT_EQ(packet_text(info), packet_text(whole)) << captured;
    } else if (result != PACKET_OK) {
      const std::set<packet_result> cut{PACKET_TRUNCATED_LINK, PACKET_TRUNCATED_IP,
                                        PACKET_TRUNCATED_EXTENSION, PACKET_TRUNCATED_L4};
      ASSERT_TRUE(cut.count(result)) << to_string(result) << " at " << captured;
      ASSERT_FALSE(info.has_l4 || info.has_ports || info.source_port || info.destination_port) << captured;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(packet, packet, testing::ValuesIn(packet_cases()),
                         [](const auto& param) { return param.param.name; });

TEST(packet_table, reaches_every_result) {
  std::set<packet_result> reached;
  for (const PacketCase& packet : packet_cases()) reached.insert(packet.expected.result);
  EXPECT_EQ(reached.size(), size_t{PACKET_RESULTS});
}

TEST(packet_length, a_jumbograms_datagram_may_have_a_length_of_0) {
  PacketCase jumbogram{"", (Ethernet{} / IPv6{.length = 0} / Extension{} / UDP{.length = 0}).bytes(), {}};
  packet_info info;
  EXPECT_EQ(
      parse_packet(PACKET_LINK_ETHERNET, jumbogram.frame.data(),
                   static_cast<uint32_t>(jumbogram.frame.size()), 14 + 40 + 8 + 8 + 100'000, false, info),
      PACKET_OK);
  EXPECT_EQ(info.ip_bytes, 40 + 8 + 8 + 100'000u);
  EXPECT_EQ(info.payload_bytes, 100'000u);
  EXPECT_EQ(info.has_ports, 1);
}

TEST(packet_length, a_length_of_0_and_a_wire_length_that_lies_is_a_bad_header) {
  const Bytes bytes = (Ethernet{} / IPv4{.length = 0} / TCP{}).bytes();
  packet_info info;
  for (uint32_t wire : {0u, 13u, 14u, 33u})
    EXPECT_EQ(parse_packet(PACKET_LINK_ETHERNET, bytes.data(), 54, wire, false, info), PACKET_BAD_IP_HEADER)
        << wire;
  const Bytes six = (Ethernet{} / IPv6{.length = 0} / TCP{}).bytes();
  EXPECT_EQ(parse_packet(PACKET_LINK_ETHERNET, six.data(), 74, 53, false, info), PACKET_BAD_IP_HEADER);
}

TEST(link_type, each_linktype_of_ip_has_its_reader) {
  const std::pair<uint32_t, int> kRead[] = {
      {0, PACKET_LINK_NULL},  {1, PACKET_LINK_ETHERNET}, {9, PACKET_LINK_PPP},    {12, PACKET_LINK_IP},
      {14, PACKET_LINK_IP},   {50, PACKET_LINK_PPP},     {51, PACKET_LINK_PPPOE}, {101, PACKET_LINK_IP},
      {104, PACKET_LINK_PPP}, {108, PACKET_LINK_NULL},   {113, PACKET_LINK_SLL},  {228, PACKET_LINK_IP},
      {229, PACKET_LINK_IP},  {276, PACKET_LINK_SLL2}};
  for (const auto& [type, link] : kRead) EXPECT_EQ(packet_link(type), link) << type;
}

TEST(link_type, another_one_has_no_reader_but_a_name) {
  for (uint32_t type : {105u, 127u, 9999u, 0xffffffffu}) EXPECT_EQ(packet_link(type), std::nullopt) << type;
  EXPECT_EQ(link_type_name(127), "LINKTYPE_IEEE802_11_RADIOTAP (127)");
  EXPECT_EQ(link_type_name(9999), "9999");
}

}  // namespace
}  // namespace weir::decode
