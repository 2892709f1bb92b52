// SPDX-License-Identifier: Apache-2.0
#include "app/packet_hops.h"

#include <gtest/gtest.h>

#include "app/sighted_frame.h"

namespace weir::app {
namespace {

const decode::PacketInterface kEthernet{"veth0", "", 1, 1, 0}, kCgroup{"", "", 0, 101, 0};

/// Numbers and hops as a run has them.
struct Watched {
  PacketTrail trail;
  PacketHops hops;

  /// The record of a frame that is told from octet `from` on.
  decode::PacketRecord see(const Sighted& sighted, size_t from = 0) {
    decode::PacketRecord record;
    record.interface = from == 0 ? &kEthernet : &kCgroup;
    record.packet_id = trail.number_of(sighted.event(from), 14 - from);
    hops.look_for_break(sighted.event(from), record);
    hops.follow(sighted.event(from), record);
    return record;
  }
};

TEST(packet_hops, count_a_packet_that_goes_on_in_another_buffer) {
  Watched watched;
  Sighted copied(0x1000);
  watched.see(copied);
  copied.head.buffer = 0x2000;
  copied.bytes[30] = 9;  // NAT: another destination
  watched.see(copied.at(PACKET_POINT_TC, 2, PACKET_INGRESS));
  EXPECT_EQ(watched.hops.broken(), 1u);
  watched.see(copied.at(PACKET_POINT_TC, 3, PACKET_EGRESS));
  EXPECT_EQ(watched.hops.broken(), 1u);
}

TEST(packet_hops, do_not_take_equal_packets_for_one_that_broke) {
  Watched watched;
  // Without an IP id, of one length and content, on their way at the same time.
  Sighted first(0x1000, 0), second(0x2000, 0);
  watched.see(first);
  watched.see(second);
  watched.see(first.at(PACKET_POINT_TC, 2, PACKET_INGRESS));
  watched.see(second.at(PACKET_POINT_TC, 2, PACKET_INGRESS));
  // Between other addresses, only ever at another point.
  Sighted other(0x3000, 0);
  other.bytes[30] = 9;
  watched.see(other.at(PACKET_POINT_TC, 3, PACKET_EGRESS));
  // A moment later.
  Sighted late(0x4000, 0);
  watched.see(late.at(PACKET_POINT_TC, 4, PACKET_EGRESS, 2 * PacketTrail::kMomentNs));
  EXPECT_EQ(watched.hops.broken(), 0u);
}

TEST(packet_hops, tell_the_time_and_the_headers_from_the_point_before) {
  Watched watched;
  Sighted sighted(0x1000);
  sighted.bytes[22] = 64;
  EXPECT_FALSE(watched.see(sighted).hop);

  // At the cgroup there is no link header; the one before is compared with the next.
  sighted.head.buffer += 14;
  sighted.at(PACKET_POINT_CGROUP, 1, PACKET_INGRESS, 70);
  const decode::PacketRecord at_cgroup = watched.see(sighted, 14);
  ASSERT_TRUE(at_cgroup.hop);
  EXPECT_EQ(at_cgroup.hop->after_ns, 70u);
  EXPECT_EQ(at_cgroup.hop->before.ip, at_cgroup.hop->now.ip);
  EXPECT_EQ(at_cgroup.hop->before.ethernet, at_cgroup.hop->now.ethernet);

  sighted.head.buffer -= 14;
  sighted.bytes[22] = 63;
  sighted.bytes[5] = 7;
  const decode::PacketRecord beyond = watched.see(sighted.at(PACKET_POINT_TC, 2, PACKET_EGRESS, 12'300));
  ASSERT_TRUE(beyond.hop);
  EXPECT_EQ(beyond.packet_id, at_cgroup.packet_id);
  EXPECT_EQ(beyond.hop->after_ns, 12'300u);
  EXPECT_EQ(beyond.hop->before.ip->ttl, 64);
  EXPECT_EQ(beyond.hop->now.ip->ttl, 63);
  EXPECT_EQ(beyond.hop->before.ethernet->destination[5], 0);
  EXPECT_EQ(beyond.hop->now.ethernet->destination[5], 7);
}

}  // namespace
}  // namespace weir::app
