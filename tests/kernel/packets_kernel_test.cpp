// SPDX-License-Identifier: Apache-2.0
// The capture programs over made frames, by BPF_PROG_TEST_RUN: what arrives in the ring, byte for byte.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "decode/packet_event.h"
#include "kernel/packets_object.h"
#include "source/packet_ring.h"

namespace weir::tests {
namespace {

using kernel::PacketHook;
using Bytes = std::vector<uint8_t>;

constexpr size_t kHeaderBytes = 14 + 20 + 8;  // Ethernet, IPv4, UDP

struct Captured {
  packet_event head;
  Bytes data;
};

/// A UDP datagram of `bytes` with its headers; every byte behind them differs from its neighbours.
Bytes datagram(size_t bytes) {
  Bytes frame(bytes);
  for (size_t i = 0; i < bytes; i++) frame[i] = static_cast<uint8_t>(i * 7 + 1);
  const uint8_t ethernet[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
  const auto ip_bytes = static_cast<uint16_t>(bytes - 14), udp_bytes = static_cast<uint16_t>(bytes - 34);
  const uint8_t ip[28] = {0x45,
                          0,
                          static_cast<uint8_t>(ip_bytes >> 8),
                          static_cast<uint8_t>(ip_bytes),
                          0,
                          1,
                          0,
                          0,
                          64,
                          17,
                          0,
                          0,
                          10,
                          0,
                          0,
                          1,
                          10,
                          0,
                          0,
                          2,
                          0x1e,
                          0x61,
                          0,
                          53,
                          static_cast<uint8_t>(udp_bytes >> 8),
                          static_cast<uint8_t>(udp_bytes),
                          0,
                          0};
  std::memcpy(frame.data(), ethernet, sizeof(ethernet));
  std::memcpy(frame.data() + 14, ip, sizeof(ip));
  return frame;
}

class packet_capture : public testing::TestWithParam<PacketHook> {
 protected:
  void load(kernel::PacketsObject::Plan plan) {
    plan.hooks = {GetParam()};
    auto object = kernel::PacketsObject::load(plan);
    if (!object && (object.error().kind == base::ErrorKind::permission ||
                    object.error().kind == base::ErrorKind::unsupported))
      GTEST_SKIP() << object.error().message;
    ASSERT_TRUE(object) << object.error().message;
    object_.emplace(std::move(*object));
    auto ring = source::PacketRing::open(object_->ring_fd(), object_->ring_bytes());
    ASSERT_TRUE(ring) << ring.error().message;
    ring_.emplace(std::move(*ring));
  }

  /// What the program returns; -1: the kernel takes no such frame.
  int run(const Bytes& frame, unsigned times = 1) {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.data();
    options.data_size_in = static_cast<uint32_t>(frame.size());
    options.repeat = static_cast<int>(times);
    const int program = object_->program_fd(GetParam());
    return bpf_prog_test_run_opts(program, &options) == 0 ? static_cast<int>(options.retval) : -1;
  }

  std::vector<Captured> captured() {
    std::vector<Captured> all;
    ring_->drain(100'000, [&](std::span<const std::byte> record) {
      const auto event = decode::decode_packet_event(record);
      EXPECT_TRUE(event);
      if (event) all.push_back({event->head, {event->data.begin(), event->data.end()}});
      return true;
    });
    return all;
  }

  /// What lets the packet go on as if there were no program.
  static int pass() {
    if (GetParam() == PacketHook::xdp) return 2;  // XDP_PASS
    return -1;                                    // TC_ACT_UNSPEC
  }

  std::optional<kernel::PacketsObject> object_;
  std::optional<source::PacketRing> ring_;
};

TEST_P(packet_capture, copies_frames_of_every_size_whole) {
  load({});
  if (!object_) return;
  for (const size_t bytes : {size_t{60}, size_t{72}, size_t{73}, size_t{136}, size_t{137}, size_t{264},
                             size_t{265}, size_t{520}, size_t{521}, size_t{1032}, size_t{1033}, size_t{1514},
                             size_t{1528}, size_t{1529}, size_t{2056}, size_t{2057}, size_t{3000}}) {
    const Bytes frame = datagram(bytes);
    EXPECT_EQ(run(frame), pass()) << bytes;
    const auto packets = captured();
    ASSERT_EQ(packets.size(), 1u) << bytes;
    EXPECT_EQ(packets[0].data, frame) << bytes;
    EXPECT_EQ(packets[0].head.wire_bytes, bytes);
    EXPECT_NE(packets[0].head.time_ns, 0u);
    EXPECT_EQ(packets[0].head.owner.pid, 0u);
  }
  EXPECT_EQ(object_->lost().ring_full + object_->lost().unreadable, 0u);
}

TEST_P(packet_capture, cuts_frames_to_the_snapshot_length) {
  kernel::PacketsObject::Plan plan;
  plan.snap_bytes = 100;
  load(plan);
  if (!object_) return;
  for (const size_t bytes : {size_t{99}, size_t{100}, size_t{101}, size_t{1514}}) {
    const Bytes frame = datagram(bytes);
    run(frame);
    const auto packets = captured();
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_EQ(packets[0].data,
              Bytes(frame.begin(), frame.begin() + std::min<ptrdiff_t>(100, frame.end() - frame.begin())));
    EXPECT_EQ(packets[0].head.wire_bytes, bytes);
  }
}

TEST_P(packet_capture, keeps_headers_alone_where_asked_but_not_less_than_64_bytes) {
  kernel::PacketsObject::Plan plan;
  plan.headers_only = true;
  load(plan);
  if (!object_) return;
  run(datagram(1514));
  Bytes long_header = datagram(1514);
  long_header[23] = 6;                   // TCP
  long_header[kHeaderBytes + 4] = 0xf0;  // data offset: 60 bytes
  run(long_header);
  Bytes other = datagram(1514);
  other[12] = 0x88, other[13] = 0xb5;  // not IP
  run(other);
  const auto packets = captured();
  ASSERT_EQ(packets.size(), 3u);
  EXPECT_EQ(packets[0].data.size(), 64u);
  EXPECT_EQ(packets[1].data.size(), 14u + 20 + 60);
  EXPECT_EQ(packets[2].data.size(), 1514u);
}

TEST_P(packet_capture, tells_the_state_of_checksums_where_it_is_asked_and_known) {
  kernel::PacketsObject::Plan plan;
  for (const bool asked : {false, true}) {
    plan.checksums = asked;
    load(plan);
    if (!object_) return;
    run(datagram(100));
    const auto packets = captured();
    ASSERT_EQ(packets.size(), 1u);
    const bool told = asked && GetParam() != PacketHook::xdp;
    EXPECT_EQ(packets[0].head.checksum, told ? PACKET_CHECKSUM_FILLED : PACKET_CHECKSUM_UNKNOWN);
  }
}

TEST_P(packet_capture, counts_what_finds_the_ring_full) {
  kernel::PacketsObject::Plan plan;
  plan.ring_bytes = 16384;
  load(plan);
  if (!object_) return;
  const Bytes frame = datagram(1000);
  constexpr unsigned kSent = 100;
  for (unsigned i = 0; i < kSent; i++) run(frame);
  const auto packets = captured();
  EXPECT_GT(packets.size(), 10u);
  EXPECT_EQ(packets.size() + object_->lost().ring_full, kSent);
  EXPECT_EQ(object_->lost_of(packets[0].head.ifindex), object_->lost().ring_full);
  run(frame);
  EXPECT_EQ(captured().size(), 1u);  // there is room again
}

// A packet socket's program is run by the kernel without the link header there: tests/net has it.
INSTANTIATE_TEST_SUITE_P(hooks, packet_capture, testing::Values(PacketHook::tc_in, PacketHook::xdp),
                         [](const auto& param) -> std::string {
                           return param.param == PacketHook::xdp ? "xdp" : "tc";
                         });

}  // namespace
}  // namespace weir::tests
