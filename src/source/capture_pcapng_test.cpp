// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "source/capture_builder.h"

namespace weir::source {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(PcapngFormat, reads_packets_of_several_interfaces_and_resolutions) {
  for (const bool big_endian : {false, true}) {
    PcapngWriter file(big_endian);
    file.interface("eth0").interface("wlan0", 127, 9).interface("", 101, 0x80 | 1, 10, 64);
    file.packet(0, 1'000'005, "micro", 5)
        .packet(1, 2'000'000'007, "nano", 40, "a comment")
        .packet(2, 3, "half", 4);
    const Everything all = read_everything(file.bytes());
    EXPECT_EQ(all.error + all.opening_error, "");
    const std::vector<KeptPacket> expected = {{"micro", 5, kSecond + 5000, 0},
                                              {"nano", 40, 2 * kSecond + 7, 1},
                                              {"half", 4, 11 * kSecond + kSecond / 2, 2}};
    EXPECT_EQ(all.packets, expected);
    ASSERT_EQ(all.interfaces.size(), 3u);
    EXPECT_EQ(all.interfaces[0].name, "eth0");
    EXPECT_EQ(all.interfaces[0].link_type, 1u);
    EXPECT_EQ(all.interfaces[1].name, "wlan0");
    EXPECT_EQ(all.interfaces[1].link_type, 127u);
    EXPECT_EQ(all.interfaces[2].name, "");
    EXPECT_EQ(all.interfaces[2].snap_bytes, 64u);
    EXPECT_EQ(all.interfaces[2].file, "FILE");
  }
}

TEST(PcapngFormat, reads_simple_and_obsolete_packets) {
  PcapngWriter file(true);
  file.interface("eth0", 1, -1, 0, 6);
  file.packet(0, 9'000'000, "timed", 5)
      .simple_packet("simple", 1500)
      .obsolete_packet(0, 10'000'000, "obsolete", 8);
  file.simple_packet("abc", 3);
  const Everything all = read_everything(file.bytes());
  EXPECT_EQ(all.error, "");
  const std::vector<KeptPacket> expected = {{"timed", 5, 9 * kSecond, 0},
                                            {"simple", 1500, 9 * kSecond, 0},  // the time of the one before
                                            {"obsolete", 8, 10 * kSecond, 0},
                                            {"abc", 3, 10 * kSecond, 0}};
  EXPECT_EQ(all.packets, expected);
}

TEST(PcapngFormat, passes_over_blocks_that_hold_no_packets) {
  PcapngWriter file(false);
  file.block(4, Bytes(40)).interface("eth0").block(5, Bytes(100, 1)).block(0x0bad, Bytes(10'000, 2));
  file.packet(0, 1, "one", 3)
      .block(0x40000bad, {})
      .block(10, Bytes(7))
      .packet(0, 2, "two", 3)
      .block(5, Bytes(4));
  for (const size_t chunk : {64, 4096, 100'000}) {
    const Everything all = read_everything(file.bytes(), SIZE_MAX, 64, chunk);
    EXPECT_EQ(all.error, "");
    ASSERT_EQ(all.packets.size(), 2u);
    EXPECT_EQ(all.packets[1].data, "two");
  }
}

TEST(PcapngFormat, begins_interfaces_anew_in_each_section_also_of_another_byte_order) {
  PcapngWriter first(false);
  first.interface("eth0").interface("eth1").packet(1, 1, "a", 1);
  PcapngWriter second(true);
  second.interface("eth0").interface("lo", 101).packet(0, 2, "b", 1).packet(1, 3, "c", 1);
  PcapngWriter third(false);
  third.packet(0, 4, "d", 1);
  const Everything all = read_everything(first.bytes() + second.bytes() + third.bytes());
  ASSERT_EQ(all.packets.size(), 3u);
  EXPECT_EQ(all.packets[0].interface, 1u);
  EXPECT_EQ(all.packets[1].interface, 0u);  // described again, the same
  EXPECT_EQ(all.packets[2].interface, 2u);
  ASSERT_EQ(all.interfaces.size(), 3u);
  EXPECT_EQ(all.interfaces[2].name, "lo");
  EXPECT_NE(all.error.find("one of the section's 0 interfaces expected, found one of interface 0"),
            std::string::npos)
      << all.error;
}

TEST(PcapngFormat, keeps_two_interfaces_of_one_section_apart_even_if_described_alike) {
  PcapngWriter file(false);
  file.interface("").interface("").packet(1, 1, "a", 1);
  const Everything all = read_everything(file.bytes());
  EXPECT_EQ(all.interfaces.size(), 2u);
  ASSERT_EQ(all.packets.size(), 1u);
  EXPECT_EQ(all.packets[0].interface, 1u);
}

TEST(PcapngFormat, does_not_need_the_length_of_a_section) {
  for (const uint64_t length : {uint64_t{0}, uint64_t{12345}, UINT64_MAX}) {
    PcapngWriter file(false);
    file.section(length).interface("eth0").packet(0, 1, "a", 1);
    const Everything all = read_everything(file.bytes());
    EXPECT_EQ(all.error, "");
    EXPECT_EQ(all.packets.size(), 1u);
  }
}

TEST(PcapngFormat, torn_anywhere_gives_the_packets_before_the_tear) {
  for (const bool big_endian : {false, true}) {
    PcapngWriter file(big_endian);
    std::vector<size_t> boundaries = {file.size()};
    std::vector<size_t> packet_ends;
    const auto ends = [&](bool packet) {
      boundaries.push_back(file.size());
      if (packet) packet_ends.push_back(file.size());
    };
    ends((file.interface("eth0"), false));
    ends((file.packet(0, 1, "first", 5), true));
    ends((file.block(4, Bytes(20)), false));
    ends((file.simple_packet("second", 6), true));
    ends((file.section(), false));
    ends((file.interface("eth0"), false));
    ends((file.obsolete_packet(0, 2, "third", 5), true));
    const Bytes whole = file.bytes();
    for (size_t length = 0; length <= whole.size(); ++length) {
      const Bytes torn(whole.begin(), whole.begin() + static_cast<long>(length));
      for (const size_t piece : {size_t{1}, SIZE_MAX}) {
        const Everything all = read_everything(torn, piece);
        const auto packets = std::count_if(packet_ends.begin(), packet_ends.end(),
                                           [length](size_t end) { return end <= length; });
        EXPECT_EQ(all.packets.size(), static_cast<size_t>(packets)) << length;
        const bool between = std::find(boundaries.begin(), boundaries.end(), length) != boundaries.end();
        EXPECT_EQ(all.error.empty() && all.opening_error.empty(), between) << length << all.error;
        if (!between) {
          EXPECT_EQ((all.error + all.opening_error).rfind("FILE: ", 0), 0u);
        }
      }
    }
  }
}

TEST(PcapngFormat, refuses_hostile_block_lengths_after_what_came_before) {
  for (const uint32_t type : {1u, 2u, 3u, 6u, 5u, 0x0a0d0d0au, 0x0badu}) {
    for (const uint32_t length : {0u, 1u, 8u, 11u, 13u, 15u, 0xfffffffdu, 0xffffffffu, 0x7ffffffeu}) {
      PcapngWriter file(false);
      file.interface("eth0").packet(0, 1, "good", 4);
      const size_t tear = file.size();
      file.u32(type).u32(length).u32(0x1a2b3c4d).u16(1).text(std::string(200, '\0'));
      const Everything all = read_everything(file.bytes());
      EXPECT_EQ(all.packets.size(), 1u);
      EXPECT_EQ(all.error.rfind("FILE: byte " + std::to_string(tear) + ": ", 0), 0u) << all.error;
      EXPECT_NE(all.error.find("expected, found"), std::string::npos) << all.error;
    }
  }
}

TEST(PcapngFormat, does_not_keep_memory_for_a_huge_block_that_it_passes_over) {
  PcapngWriter file(false);
  file.interface("eth0").u32(0x0bad).u32(0xfffffff0).text(std::string(5000, 'x'));
  const Everything all = read_everything(file.bytes());
  EXPECT_NE(all.error.find("the rest of a block"), std::string::npos) << all.error;
}

TEST(PcapngFormat, refuses_a_closing_length_that_differs) {
  for (const uint32_t type : {6u, 5u}) {
    PcapngWriter file(false);
    file.interface("eth0");
    file.u32(type).u32(32).u32(0).u64(0).u32(0).u32(0).u32(36);
    const Everything all = read_everything(file.bytes());
    EXPECT_NE(all.error.find("closing length of 32 expected, found 36"), std::string::npos) << all.error;
  }
}

TEST(PcapngFormat, refuses_a_captured_length_beyond_its_block) {
  for (const uint32_t length : {5u, 0x7fffffffu, 0xffffffffu}) {
    PcapngWriter file(false);
    file.interface("eth0");
    file.block(6, file.body().u32(0).u64(0).u32(length).u32(length).text("four").bytes());
    EXPECT_NE(read_everything(file.bytes())
                  .error.find("at most 4 captured bytes expected, found " + std::to_string(length)),
              std::string::npos);
  }
}

TEST(PcapngFormat, refuses_an_option_beyond_its_block_and_a_resolution_too_fine) {
  PcapngWriter option(false);
  option.block(1, option.body().u16(1).u16(0).u32(0).u16(2).u16(200).text("eth0").bytes());
  EXPECT_NE(read_everything(option.bytes()).error.find("found one of 200 bytes"), std::string::npos);
  PcapngWriter resolution(false);
  resolution.interface("eth0", 1, 77);
  EXPECT_NE(read_everything(resolution.bytes()).error.find("found 10^-77"), std::string::npos);
}

TEST(PcapngFormat, cuts_names_and_counts_of_interfaces_to_a_bound) {
  PcapngWriter file(false);
  file.interface(std::string(60'000, 'n'));
  for (int i = 0; i < 70'000; ++i) file.interface("");
  const Everything all = read_everything(file.bytes());
  EXPECT_EQ(all.interfaces.size(), 65536u);
  EXPECT_EQ(all.interfaces[0].name, std::string(255, 'n'));
  EXPECT_NE(all.error.find("at most 65536 interfaces expected"), std::string::npos) << all.error;
}

TEST(PcapngFormat, refuses_another_version_and_a_missing_byte_order) {
  PcapngWriter version(false);
  version.section(0, 2);
  EXPECT_NE(read_everything(version.bytes()).error.find("pcapng version 1 expected, found 2.0"),
            std::string::npos);
  BytesWriter order(false);
  order.u32(0x0a0d0d0a).u32(28).u32(0).u32(1).u64(0).u32(28);
  EXPECT_EQ(read_everything(order.bytes()).opening_error,
            "FILE: byte 0: a section header's byte order mark 1a2b3c4d expected at its byte 8");
}

}  // namespace
}  // namespace weir::source
