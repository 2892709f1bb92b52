// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "source/capture_builder.h"

namespace weir::source {
namespace {

Bytes many_packets(int count) {
  PcapWriter file(false);
  for (int i = 0; i < count; ++i)
    file.packet(static_cast<uint32_t>(i), 0, "packet " + std::to_string(i * 7919), 1500);
  return file.bytes();
}

TEST(GzipBytes, are_unpacked_from_pieces_of_any_size) {
  const Bytes plain = many_packets(2000);
  const Everything expected = read_everything(plain);
  ASSERT_EQ(expected.packets.size(), 2000u);
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{100}, SIZE_MAX}) {
    const Everything all = read_everything(gzip(plain), piece);
    EXPECT_EQ(all.packets, expected.packets);
    EXPECT_EQ(all.error + all.opening_error, "");
    ASSERT_EQ(all.interfaces.size(), 1u);
    EXPECT_EQ(all.interfaces[0].file, "FILE");
  }
}

TEST(GzipBytes, of_several_members_follow_each_other) {
  const Bytes plain = many_packets(10);
  const Bytes front(plain.begin(), plain.begin() + 30);  // in the middle of a packet header
  const Bytes back(plain.begin() + 30, plain.end());
  for (const size_t piece : {size_t{1}, SIZE_MAX}) {
    const Everything all = read_everything(gzip(front) + gzip({}) + gzip(back) + Bytes(512, 0), piece);
    EXPECT_EQ(all.packets.size(), 10u);
    EXPECT_EQ(all.error + all.opening_error, "");
  }
}

TEST(GzipBytes, torn_anywhere_give_what_was_unpacked_and_an_error) {
  const Bytes plain = many_packets(20);
  const Bytes packed = gzip(plain);
  size_t most = 0;
  for (size_t length = 0; length < packed.size(); ++length) {
    const Everything all = read_everything(Bytes(packed.begin(), packed.begin() + static_cast<long>(length)));
    EXPECT_NE(all.error + all.opening_error, "") << length;
    EXPECT_LE(most, all.packets.size());
    most = all.packets.size();
    if (length > 10) {
      EXPECT_NE((all.error + all.opening_error)
                    .find("byte " + std::to_string(length) + " of the gzip data: more gzip data expected"),
                std::string::npos)
          << all.error << all.opening_error;
    }
  }
  EXPECT_EQ(most, 20u);  // all packets were there when only the checksum was missing
}

TEST(GzipBytes, with_a_wrong_checksum_or_rubbish_behind_give_all_packets_and_an_error) {
  Bytes packed = gzip(many_packets(20));
  packed[packed.size() - 6] ^= 1;
  Everything all = read_everything(packed);
  EXPECT_EQ(all.packets.size(), 20u);
  EXPECT_NE(all.error.find("(zlib: incorrect data check)"), std::string::npos) << all.error;

  all = read_everything(gzip(many_packets(20)) + Bytes(5, 'x'));
  EXPECT_EQ(all.packets.size(), 20u);
  EXPECT_NE(all.error.find("gzip data expected"), std::string::npos) << all.error;
}

TEST(GzipBytes, spoilt_in_the_middle_never_do_more_than_end_early) {
  const Bytes packed = gzip(many_packets(50));
  for (size_t i = 0; i < packed.size(); ++i) {
    Bytes spoilt = packed;
    spoilt[i] ^= 0x55;
    const Everything all = read_everything(spoilt);
    EXPECT_LE(all.packets.size(), 50u) << i;
    if (i < 3 || i >= packed.size() - 8) {
      EXPECT_NE(all.error + all.opening_error, "") << i;
    }
  }
}

TEST(GzipBytes, of_something_else_say_so) {
  const std::string words = "nothing but words, as in a letter";
  EXPECT_EQ(read_everything(gzip(Bytes(words.begin(), words.end()))).opening_error,
            "FILE: the gzip holds no capture: byte 0: a pcap or pcapng header expected, found text");
  EXPECT_NE(read_everything(gzip(gzip(many_packets(1)))).opening_error.find("a gzip in a gzip"),
            std::string::npos);
  EXPECT_NE(read_everything(gzip({})).opening_error.find("nothing: it is empty"), std::string::npos);
}

TEST(GzipBytes, errors_inside_count_bytes_of_the_unpacked_data) {
  Bytes plain = many_packets(1);
  plain.resize(plain.size() - 1);
  EXPECT_EQ(read_everything(gzip(plain)).error,
            "FILE (unpacked): byte 24: a packet of 24 bytes expected, found the end after 23");
}

}  // namespace
}  // namespace weir::source
