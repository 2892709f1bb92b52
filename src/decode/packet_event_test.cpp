// SPDX-License-Identifier: Apache-2.0
#include "decode/packet_event.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace weir::decode {
namespace {

struct Record {
  std::array<std::byte, sizeof(packet_event) + 72> bytes{};

  explicit Record(const packet_event& head) { std::memcpy(bytes.data(), &head, sizeof(head)); }
  std::optional<PacketEvent> decoded(size_t size = sizeof(packet_event) + 72) const {
    return decode_packet_event(std::span(bytes).first(size));
  }
};

packet_event whole() {
  packet_event head{};
  head.kind = PACKET_EVENT_PACKET;
  head.point = PACKET_POINT_TC;
  head.direction = PACKET_EGRESS;
  head.wire_bytes = 1000;
  head.captured_bytes = 60;
  head.ifindex = 7;
  return head;
}

TEST(packet_event_record, gives_the_captured_bytes_and_not_the_room_behind_them) {
  Record record(whole());
  record.bytes[sizeof(packet_event)] = std::byte{0x45};
  const auto event = record.decoded();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->head.ifindex, 7u);
  ASSERT_EQ(event->data.size(), 60u);
  EXPECT_EQ(event->data[0], 0x45);
}

TEST(packet_event_record, may_end_with_its_last_captured_byte_but_not_before) {
  const Record record(whole());
  EXPECT_TRUE(record.decoded(sizeof(packet_event) + 60));
  EXPECT_FALSE(record.decoded(sizeof(packet_event) + 59));
  EXPECT_FALSE(record.decoded(sizeof(packet_event) - 1));
  EXPECT_FALSE(record.decoded(0));
}

TEST(packet_event_record, is_refused_with_an_unknown_kind_point_direction_or_checksum) {
  packet_event head = whole();
  head.kind = 2;
  EXPECT_FALSE(Record(head).decoded());
  head = whole();
  for (const int point : {0, 5, 255}) {
    head.point = static_cast<uint8_t>(point);
    EXPECT_FALSE(Record(head).decoded());
  }
  head = whole();
  head.checksum = PACKET_CHECKSUM_PARTIAL + 1;
  EXPECT_FALSE(Record(head).decoded());
  head = whole();
  for (const int direction : {0, 3, 255}) {
    head.direction = static_cast<uint8_t>(direction);
    EXPECT_FALSE(Record(head).decoded());
  }
}

TEST(packet_event_record, is_refused_where_more_was_captured_than_there_was) {
  packet_event head = whole();
  head.wire_bytes = 59;
  EXPECT_FALSE(Record(head).decoded());
  head = whole();
  head.captured_bytes = head.wire_bytes = UINT32_MAX;
  EXPECT_FALSE(Record(head).decoded());
}

}  // namespace
}  // namespace weir::decode
