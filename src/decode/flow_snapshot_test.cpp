// SPDX-License-Identifier: Apache-2.0
#include "decode/flow_snapshot.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace weir::decode {
namespace {

IpAddress v4(const char* text) {
  std::array<uint8_t, 4> bytes;
  inet_pton(AF_INET, text, bytes.data());
  return IpAddress::v4(bytes.data());
}

IpAddress v6(const char* text) {
  std::array<uint8_t, 16> bytes;
  inet_pton(AF_INET6, text, bytes.data());
  return IpAddress::v6(bytes.data());
}

template <class Event>
std::vector<std::byte> bytes_of(const Event& event) {
  std::vector<std::byte> bytes(sizeof(event));
  std::memcpy(bytes.data(), &event, sizeof(event));
  return bytes;
}

flow_event_overflow overflow() {
  flow_event_overflow event{};
  event.header.kind = FLOW_EVENT_OVERFLOW;
  event.header.size = sizeof(event);
  event.header.time_ns = 7;
  event.packets = 3;
  event.bytes = 300;
  event.key.scope = FLOW_SCOPE_IPV4 | IPPROTO_UDP << FLOW_SCOPE_PROTOCOL_SHIFT | 7;
  event.netns = 0xf0000007;
  event.from = 1;
  return event;
}

TEST(LiveKey, is_the_same_from_both_ends) {
  uint32_t local = 9, remote = 9;
  const LiveKey one =
      LiveKey::canonical(v4("10.0.0.7"), htons(51514), v4("10.0.0.9"), htons(80), 6, 42, &local);
  const LiveKey two =
      LiveKey::canonical(v4("10.0.0.9"), htons(80), v4("10.0.0.7"), htons(51514), 6, 42, &remote);
  EXPECT_EQ(one, two);
  EXPECT_EQ(one.hash(), two.hash());
  EXPECT_NE(local, remote);
  EXPECT_EQ(one.address(local), v4("10.0.0.7"));
  EXPECT_EQ(one.port(local), 51514);
}

TEST(LiveKey, orders_equal_addresses_by_port) {
  uint32_t local = 9;
  const LiveKey key = LiveKey::canonical(v6("::1"), htons(2), v6("::1"), htons(1), 17, 0, &local);
  EXPECT_EQ(local, 1u);
  EXPECT_EQ(key.port(0), 1);
  EXPECT_EQ(key.port(1), 2);
}

TEST(LiveKey, of_version_4_survives_the_way_to_the_map_and_back) {
  const LiveKey key =
      LiveKey::canonical(v4("192.0.2.1"), htons(1), v4("192.0.2.2"), htons(2), 6, 42, nullptr);
  EXPECT_EQ(LiveKey::of(key.to_v4(), 42), key);
}

TEST(LiveKey, of_version_6_survives_the_way_to_the_map_and_back) {
  const LiveKey key =
      LiveKey::canonical(v6("2001:db8::1"), htons(1), v6("2001:db8::2"), htons(2), 17, 4026531840u, nullptr);
  EXPECT_EQ(LiveKey::of(key.to_v6(), 4026531840u), key);
}

TEST(LiveKey, in_the_map_has_the_protocol_above_the_namespace) {
  const LiveKey key =
      LiveKey::canonical(v4("192.0.2.1"), htons(1), v4("192.0.2.2"), htons(2), 255, 0xffffffff, nullptr);
  EXPECT_EQ(key.to_v4().scope, 0xffffffffu);
  EXPECT_EQ(key.to_v6().scope, 0xff7fffffu);
}

TEST(FlowEntry, without_packets_is_being_made) {
  flow_entry entry{};
  entry.netns = 1;
  EXPECT_FALSE(is_counted(entry));
  entry.received[1].packets = 1;
  EXPECT_TRUE(is_counted(entry));
}

TEST(LiveKey, tells_the_details_of_both_versions_apart) {
  LiveKey six = LiveKey::canonical(v4("192.0.2.1"), htons(1), v4("192.0.2.2"), htons(2), 6, 42, nullptr);
  const flow_key6 details4 = six.details_key();
  six.version = 6;
  const flow_key6 details6 = six.details_key();
  EXPECT_NE(std::memcmp(&details4, &details6, sizeof(details4)), 0);
}

TEST(LiveKey, differs_by_namespace) {
  const LiveKey one = LiveKey::canonical(v4("127.0.0.1"), htons(1), v4("127.0.0.1"), htons(2), 6, 1, nullptr);
  const LiveKey two = LiveKey::canonical(v4("127.0.0.1"), htons(1), v4("127.0.0.1"), htons(2), 6, 2, nullptr);
  EXPECT_FALSE(one == two);
}

TEST(FlowEvent, of_an_overflow_keeps_its_fields) {
  const auto event = decode_flow_event(bytes_of(overflow()));
  ASSERT_TRUE(event);
  const auto& decoded = std::get<FlowOverflow>(*event);
  EXPECT_EQ(decoded.packets, 3u);
  EXPECT_EQ(decoded.bytes, 300u);
  EXPECT_EQ(decoded.from, 1);
  EXPECT_EQ(decoded.time_ns, 7u);
  EXPECT_EQ(decoded.key.version, 4u);
  EXPECT_EQ(decoded.key.tuple.protocol, IPPROTO_UDP);
  EXPECT_EQ(decoded.key.tuple.netns, 0xf0000007u);
}

TEST(FlowEvent, of_a_new_beginning_keeps_entry_and_details) {
  flow_event_restarted event{};
  event.header.kind = FLOW_EVENT_RESTARTED;
  event.header.size = sizeof(event);
  event.entry.generation = 4;
  event.entry.netns = 42;
  event.details.owner[1].pid = 4121;
  const auto decoded = decode_flow_event(bytes_of(event));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<FlowRestarted>(*decoded).entry.generation, 4);
  EXPECT_EQ(std::get<FlowRestarted>(*decoded).key.version, 6u);
  EXPECT_EQ(std::get<FlowRestarted>(*decoded).key.tuple.netns, 42u);
  EXPECT_EQ(std::get<FlowRestarted>(*decoded).details.owner[1].pid, 4121u);
}

TEST(FlowEvent, of_another_kind_size_or_end_is_refused) {
  EXPECT_FALSE(decode_flow_event({}));
  auto bytes = bytes_of(overflow());
  for (size_t size = 0; size < bytes.size(); size++)
    EXPECT_FALSE(decode_flow_event(std::span(bytes).first(size))) << size;
  auto event = overflow();
  event.header.kind = 77;
  EXPECT_FALSE(decode_flow_event(bytes_of(event)));
  event = overflow();
  event.header.kind = FLOW_EVENT_RESTARTED;
  EXPECT_FALSE(decode_flow_event(bytes_of(event)));
  event = overflow();
  event.from = 2;
  EXPECT_FALSE(decode_flow_event(bytes_of(event)));
}

}  // namespace
}  // namespace weir::decode
