// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "source/capture_builder.h"

namespace weir::source {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

Bytes three_packets(bool big_endian, uint32_t magic = 0xa1b2c3d4) {
  PcapWriter file(big_endian, magic);
  file.packet(1, 500, "first", 5).packet(2, 0, "", 60).packet(3, 999'999, "third one", 1500);
  return file.bytes();
}

TEST(PcapFormat, reads_micro_and_nanoseconds_of_both_byte_orders) {
  for (const bool big_endian : {false, true}) {
    for (const uint32_t magic : {0xa1b2c3d4u, 0xa1b23c4du, 0xa1b2cd34u}) {
      const int64_t unit = magic == 0xa1b23c4d ? 1 : 1000;
      const Everything all = read_everything(three_packets(big_endian, magic));
      EXPECT_EQ(all.error + all.opening_error, "");
      const std::vector<KeptPacket> expected = {{"first", 5, kSecond + 500 * unit, 0},
                                                {"", 60, 2 * kSecond, 0},
                                                {"third one", 1500, 3 * kSecond + 999'999 * unit, 0}};
      EXPECT_EQ(all.packets, expected) << std::hex << magic << (big_endian ? " big" : " little");
    }
  }
}

TEST(PcapFormat, gives_the_interface_without_the_bits_of_the_frame_check_sequence) {
  const Everything all = read_everything(PcapWriter(false, 0xa1b2c3d4, 0x24000000 | 113).bytes());
  ASSERT_EQ(all.interfaces.size(), 1u);
  EXPECT_EQ(all.interfaces[0].link_type, 113u);
  EXPECT_EQ(all.interfaces[0].snap_bytes, 65535u);
  EXPECT_EQ(all.interfaces[0].file, "FILE");
  EXPECT_EQ(all.interfaces[0].name, "");
}

TEST(PcapFormat, takes_a_file_without_packets) {
  const Everything all = read_everything(PcapWriter(false).bytes());
  EXPECT_TRUE(all.packets.empty());
  EXPECT_EQ(all.error + all.opening_error, "");
}

TEST(PcapFormat, torn_anywhere_gives_the_packets_before_the_tear_and_its_offset) {
  for (const bool big_endian : {false, true}) {
    const Bytes whole = three_packets(big_endian);
    const size_t ends[] = {24, 24 + 16 + 5, 24 + 16 + 5 + 16, 24 + 16 + 5 + 16 + 16 + 9};
    for (size_t length = 0; length <= whole.size(); ++length) {
      const Everything all = read_everything(Bytes(whole.begin(), whole.begin() + static_cast<long>(length)));
      size_t expected = 0;
      size_t offset = 0;
      bool between = false;
      for (size_t i = 0; i < std::size(ends); ++i) {
        if (length < ends[i]) continue;
        expected = i;
        offset = ends[i];
        between = length == ends[i];
      }
      EXPECT_EQ(all.packets.size(), expected) << length;
      if (length < 24) {
        EXPECT_NE(all.opening_error.find("FILE: "), std::string::npos) << length;
        EXPECT_NE(all.opening_error.find("byte 0: a pcap"), std::string::npos) << all.opening_error;
      } else if (between) {
        EXPECT_EQ(all.error, "") << length;
      } else {
        EXPECT_EQ(all.error.rfind("FILE: byte " + std::to_string(offset) + ": a packet", 0), 0u) << all.error;
      }
    }
  }
}

TEST(PcapFormat, is_the_same_in_pieces_and_batches_of_any_size) {
  const Bytes whole = three_packets(true);
  const Everything expected = read_everything(whole);
  for (size_t piece = 1; piece < 40; ++piece) {
    for (const size_t batch : {1, 2, 64}) {
      const Everything all = read_everything(whole, piece, batch, 16);
      EXPECT_EQ(all.packets, expected.packets) << piece << " " << batch;
      EXPECT_EQ(all.error, "");
    }
  }
}

TEST(PcapFormat, refuses_a_hostile_length_and_names_its_place) {
  for (const uint32_t length : {kChunkBytes * 4 + 1, size_t{0x7fffffff}, size_t{0xffffffff}}) {
    PcapWriter file(false);
    file.packet(1, 0, "good", 4);
    file.u32(2).u32(0).u32(length).u32(length).text("bad");
    const Everything all = read_everything(file.bytes());
    EXPECT_EQ(all.packets.size(), 1u);
    EXPECT_EQ(all.error, "FILE: byte 44: a packet of at most 1048576 captured bytes expected, found " +
                             std::to_string(length));
  }
}

TEST(PcapFormat, takes_the_largest_packet) {
  PcapWriter file(true);
  const std::string large(4 * 262144, 'x');
  file.packet(1, 0, "small", 5).packet(2, 0, large, 4 * 262144).packet(3, 0, "small", 5);
  const Everything all = read_everything(file.bytes(), 1000);
  ASSERT_EQ(all.packets.size(), 3u);
  EXPECT_EQ(all.packets[1].data, large);
  EXPECT_EQ(all.packets[2].data, "small");
  EXPECT_EQ(all.error, "");
}

TEST(PcapFormat, corrects_a_length_on_the_wire_below_the_captured_one) {
  const Everything all = read_everything(PcapWriter(false).packet(1, 0, "eight888", 3).bytes());
  ASSERT_EQ(all.packets.size(), 1u);
  EXPECT_EQ(all.packets[0].wire_bytes, 8u);
}

TEST(PcapFormat, finds_the_captured_length_where_old_files_have_it) {
  for (const uint16_t minor : {2, 3}) {  // 2.2 always swaps the two, 2.3 perhaps
    PcapWriter file(false, 0xa1b2c3d4, 1, minor);
    file.u32(1).u32(0).u32(90).u32(4).text("four");
    const Everything all = read_everything(file.bytes());
    ASSERT_EQ(all.packets.size(), 1u) << minor;
    EXPECT_EQ(all.packets[0].data, "four");
    EXPECT_EQ(all.packets[0].wire_bytes, 90u);
  }
}

TEST(PcapFormat, refuses_another_version) {
  EXPECT_EQ(read_everything(PcapWriter(false, 0xa1b2c3d4, 1, 4, 9).bytes()).opening_error,
            "FILE: byte 4: pcap version 2 expected, found 9.4");
}

}  // namespace
}  // namespace weir::source
