// SPDX-License-Identifier: Apache-2.0
#include "app/packet_trail.h"

#include <gtest/gtest.h>

#include "app/sighted_frame.h"

namespace weir::app {
namespace {

TEST(packet_trail, keeps_a_packets_number_at_each_point) {
  PacketTrail trail;
  Sighted sighted(0x1000);
  const auto number = trail.number_of(sighted.event(), 14);
  ASSERT_TRUE(number);
  EXPECT_EQ(trail.number_of(sighted.at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14), number);
  sighted.bytes[22] = 63;  // a hop less to live, another link header
  sighted.bytes[0] = 2;
  EXPECT_EQ(trail.number_of(sighted.at(PACKET_POINT_TC, 3, PACKET_EGRESS).event(), 14), number);
  sighted.head.buffer += 14;  // from the IP header
  EXPECT_EQ(trail.number_of(sighted.at(PACKET_POINT_CGROUP, 3, PACKET_INGRESS).event(14), 0), number);
}

TEST(packet_trail, gives_another_buffer_id_or_length_another_number) {
  PacketTrail trail;
  const auto number = trail.number_of(Sighted(0x1000).event(), 14);
  EXPECT_NE(trail.number_of(Sighted(0x2000).at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14), number);
  EXPECT_NE(trail.number_of(Sighted(0x1000, 8).at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14), number);
  Sighted longer(0x1000);
  longer.bytes[17] = 45;
  EXPECT_NE(trail.number_of(longer.at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14), number);
}

TEST(packet_trail, gives_other_first_octets_another_number_whatever_the_protocol) {
  for (const uint8_t protocol : {17, 50, 47, 253, 1}) {
    PacketTrail trail;
    Sighted one(0x1000, 0), other(0x1000, 0);
    one.bytes[23] = other.bytes[23] = protocol;
    one.bytes[34] = other.bytes[34] = 3;  // of ICMP: unreachable
    other.bytes[42] = 9;
    const auto number = trail.number_of(one.event(), 14);
    EXPECT_NE(trail.number_of(other.at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14), number)
        << int{protocol};
    EXPECT_EQ(trail.number_of(one.at(PACKET_POINT_TC, 3, PACKET_INGRESS).event(), 14), number)
        << int{protocol};
  }
}

TEST(packet_trail, takes_a_buffer_at_a_point_that_it_passed_for_a_new_packet) {
  PacketTrail trail;
  Sighted sighted(0x1000);
  const auto first = trail.number_of(sighted.event(), 14);
  const auto second = trail.number_of(sighted.at(PACKET_POINT_TC, 1, PACKET_EGRESS).event(), 14);
  EXPECT_NE(first, second);
  EXPECT_EQ(trail.number_of(sighted.at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14), second);
}

TEST(packet_trail, forgets_after_a_moment) {
  PacketTrail trail;
  Sighted sighted(0x1000);
  const auto number = trail.number_of(sighted.event(), 14);
  EXPECT_NE(
      trail.number_of(sighted.at(PACKET_POINT_TC, 2, PACKET_INGRESS, PacketTrail::kMomentNs).event(), 14),
      number);
}

TEST(packet_trail, sees_through_a_tag_that_was_put_back) {
  PacketTrail trail;
  Sighted plain(0x1000), tagged(0x1000);
  const uint8_t tag[] = {0x81, 0, 0, 7};
  tagged.bytes.insert(tagged.bytes.begin() + 12, std::begin(tag), std::end(tag));
  const auto number = trail.number_of(tagged.event(), 14);
  EXPECT_EQ(trail.number_of(plain.at(PACKET_POINT_TC, 2, PACKET_EGRESS).event(), 14), number);
}

TEST(packet_trail, finds_a_tag_in_the_buffer_at_xdp_and_put_back_behind_it) {
  PacketTrail trail;
  Sighted tagged(0x1000);
  const uint8_t tag[] = {0x81, 0, 0, 7};
  tagged.bytes.insert(tagged.bytes.begin() + 12, std::begin(tag), std::end(tag));
  const auto number = trail.number_of(tagged.at(PACKET_POINT_XDP, 1, PACKET_INGRESS).event(), 14);
  tagged.head.buffer += 4;  // the kernel moved the addresses over the tag
  EXPECT_EQ(trail.number_of(tagged.at(PACKET_POINT_TC, 1, PACKET_INGRESS).event(), 14), number);
}

TEST(packet_trail, follows_what_is_not_ip) {
  PacketTrail trail;
  Sighted arp(0x1000);
  arp.bytes[13] = 6;
  const auto number = trail.number_of(arp.event(), 14);
  ASSERT_TRUE(number);
  EXPECT_EQ(trail.number_of(arp.at(PACKET_POINT_TC, 2, PACKET_EGRESS).event(), 14), number);
  arp.bytes[20] ^= 1;
  EXPECT_NE(trail.number_of(arp.at(PACKET_POINT_TC, 3, PACKET_EGRESS).event(), 14), number);
}

TEST(packet_trail, has_no_number_for_what_it_cannot_tell_again) {
  PacketTrail trail;
  EXPECT_FALSE(trail.number_of(Sighted(0).event(), 14));
  Sighted brief(0x1000);
  for (const size_t bytes : {0, 1, 13, 14}) {
    brief.bytes.resize(bytes);
    EXPECT_FALSE(trail.number_of(brief.event(), 14));
  }
}

}  // namespace
}  // namespace weir::app
