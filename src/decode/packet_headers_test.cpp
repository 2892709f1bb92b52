// SPDX-License-Identifier: Apache-2.0
#include "decode/packet_headers.h"

#include <gtest/gtest.h>

#include "tests/packet_builder.h"

namespace weir::decode {
namespace {

using namespace weir::tests;

constexpr uint32_t kEthernet = 1, kRaw = 101;

PacketHeaders read(const Bytes& frame, uint32_t link_type = kEthernet) {
  return read_headers(link_type, frame, static_cast<uint32_t>(frame.size()));
}

TEST(packet_headers, are_read_from_the_outermost_headers) {
  Bytes frame =
      (Ethernet{} / Vlan{.id = 7} / Vlan{.id = 300} / IPv4{.source = "10.0.0.1", .destination = "10.0.0.2"} /
       UDP{.source = 53, .destination = 999})
          .bytes();
  frame[22 + 1] = 0xb8;
  frame[22 + 8] = 63;
  const PacketHeaders headers = read(frame);
  ASSERT_TRUE(headers.ethernet && headers.ip && headers.ports);
  EXPECT_EQ(headers.ethernet->destination, (std::array<uint8_t, 6>{2, 0, 0, 0, 0, 2}));
  EXPECT_EQ(headers.ethernet->source, (std::array<uint8_t, 6>{2, 0, 0, 0, 0, 1}));
  EXPECT_EQ(headers.ethernet->tags, 2);
  EXPECT_EQ(headers.ethernet->vlans, (std::array<uint16_t, 2>{7, 300}));
  EXPECT_EQ(to_string(headers.ip->source), "10.0.0.1");
  EXPECT_EQ(to_string(headers.ip->destination), "10.0.0.2");
  EXPECT_EQ(headers.ip->ttl, 63);
  EXPECT_EQ(headers.ip->tos, 0xb8);
  EXPECT_EQ(*headers.ports, (PortFields{53, 999}));
}

TEST(packet_headers, have_hop_limit_and_traffic_class_of_ipv6) {
  Bytes packet = Frame(IPv6{} / UDP{}).bytes();
  packet[0] = 0x62;
  packet[1] = 0xe0;
  packet[7] = 5;
  const PacketHeaders headers = read(packet, kRaw);
  EXPECT_FALSE(headers.ethernet);
  ASSERT_TRUE(headers.ip);
  EXPECT_EQ(headers.ip->ttl, 5);
  EXPECT_EQ(headers.ip->tos, 0x2e);
  EXPECT_EQ(headers.ip->source.version, 6);
}

TEST(packet_headers, are_absent_where_the_capture_ends_before_them) {
  const Bytes frame = (Ethernet{} / Vlan{.id = 7} / IPv4{} / TCP{} / Payload{10}).bytes();
  const PacketHeaders whole = read(frame);
  for (size_t captured = 0; captured <= frame.size(); ++captured) {
    const Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(captured));  // ASan
    const PacketHeaders headers = read_headers(kEthernet, cut, static_cast<uint32_t>(frame.size()));
    EXPECT_EQ(headers.ethernet.has_value(), captured >= 14) << captured;
    EXPECT_EQ(headers.ip, captured >= 38 ? whole.ip : std::nullopt) << captured;
    EXPECT_EQ(headers.ports, captured >= 58 ? whole.ports : std::nullopt) << captured;
  }
}

TEST(packet_headers, of_an_unknown_link_are_absent) {
  const PacketHeaders headers = read(Frame(Ethernet{} / IPv4{} / UDP{}).bytes(), 9999);
  EXPECT_FALSE(headers.ethernet || headers.ip || headers.ports);
}

}  // namespace
}  // namespace weir::decode
