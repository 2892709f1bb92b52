// SPDX-License-Identifier: Apache-2.0
#include "app/held_packets.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::app {
namespace {

using decode::PacketDirection;
using decode::PacketRecord;

constexpr uint64_t kNow = 1'000'000'000, kNever = UINT64_MAX;
const decode::PacketInterface kVeth0{"veth0", "", 1, 1, 0}, kVeth1{"veth1", "", 2, 1, 0},
    kCgroup{"", "", 0, 101, 0};

decode::ProcessPtr process(uint32_t pid) {
  auto made = std::make_shared<decode::Process>();
  made->pid = pid;
  return made;
}

/// Sights of numbered packets, each with an octet that is the number.
class HeldPacketsTest : public testing::Test {
 protected:
  void see(uint64_t number, uint64_t at_ns, const decode::PacketInterface& interface,
           PacketDirection direction, decode::ProcessPtr owner = nullptr) {
    std::vector<uint8_t> data(bytes_, static_cast<uint8_t>(number));
    PacketRecord sight;
    sight.time_ns = static_cast<int64_t>(at_ns);
    sight.data = data;
    sight.wire_bytes = static_cast<uint32_t>(data.size());
    sight.interface = &interface;
    sight.direction = direction;
    if (number != 0) sight.packet_id = number;
    if (dropped_) sight.dropped_before = std::exchange(dropped_, 0);
    sight.process = std::move(owner);
    held_.take(sight, at_ns);
    std::fill(data.begin(), data.end(), uint8_t{0xee});  // what a sight borrows is gone
  }
  /// The numbers of all that is released by `now_ns`.
  std::vector<uint64_t> released(uint64_t now_ns) {
    std::vector<uint64_t> numbers;
    while (const PacketRecord* record = held_.release(now_ns))
      numbers.push_back(record->packet_id.value_or(0));
    return numbers;
  }

  HeldPackets held_;
  size_t bytes_ = 60;
  uint64_t dropped_ = 0;
};

using Numbers = std::vector<uint64_t>;

TEST_F(HeldPacketsTest, a_packet_comes_once_with_its_path) {
  see(1, kNow, kVeth0, PacketDirection::inbound);
  see(1, kNow + 40, kVeth1, PacketDirection::outbound);
  EXPECT_EQ(held_.release(kNow + HeldPackets::kHoldNs - 1), nullptr);
  const PacketRecord* record = held_.release(kNow + HeldPackets::kHoldNs);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->time_ns, static_cast<int64_t>(kNow));
  EXPECT_EQ(record->interface, &kVeth0);
  EXPECT_EQ(record->data.size(), 60u);
  EXPECT_EQ(record->data[59], 1);
  ASSERT_EQ(record->path.size(), 2u);
  EXPECT_EQ(record->path[0].interface, &kVeth0);
  EXPECT_EQ(record->path[1].interface, &kVeth1);
  EXPECT_EQ(record->path[1].direction, PacketDirection::outbound);
  EXPECT_EQ(held_.release(kNever), nullptr);
}

TEST_F(HeldPacketsTest, packets_come_in_the_order_of_their_first_sights) {
  see(1, kNow + 500, kVeth0, PacketDirection::inbound);
  see(2, kNow + 400, kVeth0, PacketDirection::inbound);  // another CPU's record
  see(0, kNow + 450, kVeth0, PacketDirection::inbound);  // without a number
  see(3, kNow + 600, kVeth0, PacketDirection::inbound);
  see(1, kNow + 900, kVeth1, PacketDirection::outbound);
  EXPECT_EQ(released(kNow + HeldPackets::kHoldNs + 599), (Numbers{2, 0, 1}));
  EXPECT_EQ(released(kNever), (Numbers{3}));
}

TEST_F(HeldPacketsTest, the_first_sight_with_a_link_header_is_shown_at_the_first_ones_time) {
  see(1, kNow, kCgroup, PacketDirection::outbound);
  bytes_ = 74;
  see(1, kNow + 10, kVeth0, PacketDirection::outbound);
  see(1, kNow + 20, kVeth1, PacketDirection::inbound);
  const PacketRecord* record = held_.release(kNever);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->interface, &kVeth0);
  EXPECT_EQ(record->data.size(), 74u);
  EXPECT_EQ(record->time_ns, static_cast<int64_t>(kNow));
  EXPECT_EQ(record->path.size(), 3u);
}

TEST_F(HeldPacketsTest, each_end_has_its_owner_wherever_he_was_known) {
  see(1, kNow, kVeth0, PacketDirection::inbound);
  see(1, kNow + 10, kVeth1, PacketDirection::outbound, process(41));
  see(1, kNow + 20, kCgroup, PacketDirection::inbound, process(55));
  see(1, kNow + 30, kCgroup, PacketDirection::inbound, process(56));
  const PacketRecord* record = held_.release(kNever);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->direction, PacketDirection::inbound);
  ASSERT_TRUE(record->process && record->other_end);
  EXPECT_EQ(record->process->pid, 55u);
  EXPECT_EQ(record->other_end->pid, 41u);
}

TEST_F(HeldPacketsTest, a_sight_after_its_packet_is_counted_and_no_packet) {
  see(1, kNow, kVeth0, PacketDirection::inbound);
  EXPECT_EQ(released(kNow + HeldPackets::kHoldNs), (Numbers{1}));
  see(1, kNow + HeldPackets::kHoldNs + 1, kVeth1, PacketDirection::outbound);
  EXPECT_EQ(released(kNever), (Numbers{}));
  EXPECT_EQ(held_.late(), 1u);
}

TEST_F(HeldPacketsTest, the_oldest_comes_early_where_too_many_are_held) {
  for (uint64_t number = 1; number <= HeldPackets::kPackets + 2; ++number)
    see(number, kNow + number, kVeth0, PacketDirection::inbound);
  EXPECT_EQ(released(kNow), (Numbers{1, 2}));
  EXPECT_EQ(held_.early(), 2u);
  EXPECT_EQ(released(kNever).size(), HeldPackets::kPackets);
  EXPECT_EQ(held_.early(), 2u);
}

TEST_F(HeldPacketsTest, large_packets_are_bounded_by_their_octets) {
  bytes_ = HeldPackets::kBytes / 2;
  for (const uint64_t number : {1, 2, 3}) see(number, kNow + number, kVeth0, PacketDirection::inbound);
  EXPECT_EQ(released(kNow), (Numbers{1}));
}

TEST_F(HeldPacketsTest, losses_of_all_sights_are_told) {
  see(1, kNow, kVeth0, PacketDirection::inbound);
  dropped_ = 3;
  see(1, kNow + 1, kVeth1, PacketDirection::outbound);
  dropped_ = 4;
  see(2, kNow + 2, kVeth0, PacketDirection::inbound);
  uint64_t dropped = 0;
  while (const PacketRecord* record = held_.release(kNever)) dropped += record->dropped_before.value_or(0);
  EXPECT_EQ(dropped, 7u);
}

}  // namespace
}  // namespace weir::app
