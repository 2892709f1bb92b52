// SPDX-License-Identifier: Apache-2.0
#include "app/packet_trail.h"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

/// A frame with an IPv4 header as one hook tells it.
struct Sighted {
  std::vector<uint8_t> bytes = std::vector<uint8_t>(60);
  packet_event head{};

  explicit Sighted(uint64_t buffer, uint16_t id = 7) {
    bytes[12] = 8;
    bytes[14] = 0x45;
    bytes[17] = 46;
    bytes[18] = static_cast<uint8_t>(id >> 8);
    bytes[19] = static_cast<uint8_t>(id);
    bytes[23] = 17;
    head.buffer = buffer;
    head.ifindex = 1;
    head.point = PACKET_POINT_TC;
    head.direction = PACKET_EGRESS;
    head.time_ns = 1'000'000'000;
  }
  Sighted& at(uint8_t point, uint32_t ifindex, uint8_t direction, uint64_t later_ns = 1000) {
    head.point = point;
    head.ifindex = ifindex;
    head.direction = direction;
    head.time_ns += later_ns;
    return *this;
  }
  decode::PacketEvent event(size_t from = 0) const { return {head, std::span(bytes).subspan(from)}; }
};

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

TEST(packet_trail, counts_a_packet_that_goes_on_in_another_buffer) {
  PacketTrail trail;
  Sighted copied(0x1000);
  trail.number_of(copied.event(), 14);
  copied.head.buffer = 0x2000;
  copied.bytes[30] = 9;  // NAT: another destination
  trail.number_of(copied.at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14);
  EXPECT_EQ(trail.broken(), 1u);
  trail.number_of(copied.at(PACKET_POINT_TC, 3, PACKET_EGRESS).event(), 14);
  EXPECT_EQ(trail.broken(), 1u);
}

TEST(packet_trail, does_not_take_equal_packets_for_one_that_broke) {
  PacketTrail trail;
  // Without an IP id, of one length and content, on their way at the same time.
  Sighted first(0x1000, 0), second(0x2000, 0);
  trail.number_of(first.event(), 14);
  trail.number_of(second.event(), 14);
  trail.number_of(first.at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14);
  trail.number_of(second.at(PACKET_POINT_TC, 2, PACKET_INGRESS).event(), 14);
  // Between other addresses, only ever at another point.
  Sighted other(0x3000, 0);
  other.bytes[30] = 9;
  trail.number_of(other.at(PACKET_POINT_TC, 3, PACKET_EGRESS).event(), 14);
  // A moment later.
  Sighted late(0x4000, 0);
  trail.number_of(late.at(PACKET_POINT_TC, 4, PACKET_EGRESS, 2 * PacketTrail::kMomentNs).event(), 14);
  EXPECT_EQ(trail.broken(), 0u);
}

TEST(packet_trail, tells_the_time_and_the_headers_from_the_point_before) {
  PacketTrail trail;
  decode::PacketInterface veth0{"veth0", "", 1, 1, 0}, cgroup{"", "", 0, 101, 0};
  decode::PacketRecord record;
  record.interface = &veth0;
  Sighted sighted(0x1000);
  sighted.bytes[22] = 64;
  trail.follow(sighted.event(), record);
  ASSERT_TRUE(record.packet_id);
  EXPECT_FALSE(record.hop);

  // At the cgroup there is no link header; the one before is compared with the next.
  sighted.head.buffer += 14;
  record.interface = &cgroup;
  trail.follow(sighted.at(PACKET_POINT_CGROUP, 1, PACKET_INGRESS, 70).event(14), record);
  ASSERT_TRUE(record.hop);
  EXPECT_EQ(record.hop->after_ns, 70u);
  EXPECT_EQ(record.hop->before.ip, record.hop->now.ip);
  EXPECT_EQ(record.hop->before.ethernet, record.hop->now.ethernet);

  sighted.head.buffer -= 14;
  sighted.bytes[22] = 63;
  sighted.bytes[5] = 7;
  record.interface = &veth0;
  trail.follow(sighted.at(PACKET_POINT_TC, 2, PACKET_EGRESS, 12'300).event(), record);
  ASSERT_TRUE(record.hop);
  EXPECT_EQ(record.hop->after_ns, 12'300u);
  EXPECT_EQ(record.hop->before.ip->ttl, 64);
  EXPECT_EQ(record.hop->now.ip->ttl, 63);
  EXPECT_EQ(record.hop->before.ethernet->destination[5], 0);
  EXPECT_EQ(record.hop->now.ethernet->destination[5], 7);
}

}  // namespace
}  // namespace weir::app
