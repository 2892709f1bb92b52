// SPDX-License-Identifier: Apache-2.0
#include "decode/capture_options.h"

#include <gtest/gtest.h>

#include <bit>

namespace weir::decode {
namespace {

class Options {
 public:
  explicit Options(bool swapped = false) : swapped_(swapped) {}
  Options& add(uint16_t code, const std::string& value) {
    number(code, 2), number(value.size(), 2);
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
    return *this;
  }
  Options& add_number(uint16_t code, uint64_t value, size_t bytes) {
    number(code, 2), number(bytes, 2), number(value, bytes);
    return *this;
  }
  Options& number(uint64_t value, size_t bytes) {
    const bool big = swapped_ == (std::endian::native == std::endian::little);
    for (size_t i = 0; i < bytes; ++i)
      bytes_.push_back(static_cast<uint8_t>(value >> 8 * (big ? bytes - 1 - i : i)));
    return *this;
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  bool swapped_;
  std::vector<uint8_t> bytes_;
};

TEST(CaptureOptions, read_every_field_in_both_byte_orders) {
  for (const bool swapped : {false, true}) {
    Options options(swapped);
    options.add(1, "PID: 4121\nCmd: /usr/bin/curl").add(1, "seen by hand");
    options.add_number(2, 2, 4).add_number(4, 7, 8).add_number(5, 1ull << 40, 8);
    options.number(8, 2).number(8, 2).number(4121, 4).number(4122, 4);
    options.number(7, 2).number(9, 2).number(2, 1).number(1, 8).number(0, 3);
    options.number(0, 4);
    PacketRecord record;
    record.comments = {"of the packet before"};
    CaptureOptions reader;
    reader.read(options.bytes(), swapped, record);
    EXPECT_EQ(record.direction, PacketDirection::outbound);
    EXPECT_EQ(record.dropped_before, 7u);
    EXPECT_EQ(record.packet_id, 1ull << 40);
    ASSERT_TRUE(record.verdict);
    EXPECT_EQ(record.verdict->kind, PacketVerdict::Kind::xdp);
    EXPECT_EQ(record.verdict->code, 1);
    EXPECT_EQ(record.thread_id, 4122u);
    ASSERT_TRUE(record.process);
    EXPECT_EQ(record.process->executable, "curl");
    EXPECT_EQ(record.comments, std::vector<std::string>{"seen by hand"});
    EXPECT_EQ(reader.malformed(), 0u);
  }
}

TEST(CaptureOptions, absent_options_clear_the_record) {
  PacketRecord record;
  record.direction = PacketDirection::inbound;
  record.packet_id = 1;
  record.dropped_before = 1;
  record.verdict = PacketVerdict{};
  record.thread_id = 1;
  record.process = std::make_shared<Process>();
  record.comments = {"x"};
  CaptureOptions().read({}, false, record);
  EXPECT_EQ(record.direction, PacketDirection::unknown);
  EXPECT_FALSE(record.packet_id || record.dropped_before || record.verdict || record.thread_id);
  EXPECT_EQ(record.process, nullptr);
  EXPECT_TRUE(record.comments.empty());
}

TEST(CaptureOptions, give_one_process_for_the_same_words_in_other_comments) {
  CaptureOptions reader;
  PacketRecord first;
  PacketRecord second;
  reader.read(Options().add(1, "PID: 5\nCmd: a\nArgs: one").bytes(), false, first);
  reader.read(Options().add(1, "PID: 5\nCmd: a").add(1, "Args: two").bytes(), false, second);
  ASSERT_TRUE(first.process);
  EXPECT_EQ(first.process, second.process);
  const PacketOwner owner = reader.read_owner_only(Options().add(1, "PID: 5\nCmd: a").bytes(), false);
  ASSERT_NE(owner.process, nullptr);
  EXPECT_EQ(*owner.process, first.process);
}

TEST(CaptureOptions, a_process_id_alone_is_an_owner) {
  PacketRecord record;
  CaptureOptions().read(Options().number(8, 2).number(8, 2).number(9, 4).number(0, 4).bytes(), false, record);
  ASSERT_TRUE(record.process);
  EXPECT_EQ(record.process->pid, 9u);
  EXPECT_FALSE(record.thread_id);
}

TEST(CaptureOptions, count_what_is_malformed_and_keep_what_came_before) {
  CaptureOptions reader;
  PacketRecord record;
  std::vector<uint8_t> cut = Options().add_number(2, 1, 4).add(1, "a comment that is cut").bytes();
  cut.resize(cut.size() - 4);
  reader.read(cut, false, record);
  EXPECT_EQ(record.direction, PacketDirection::inbound);
  EXPECT_TRUE(record.comments.empty());
  EXPECT_EQ(reader.malformed(), 1u);
  reader.read(Options().add_number(5, 1, 4).add_number(2, 1, 4).bytes(), false, record);
  EXPECT_FALSE(record.packet_id);
  EXPECT_EQ(reader.malformed(), 2u);
}

TEST(CaptureOptions, pass_over_verdicts_of_kinds_that_nobody_names) {
  PacketRecord record;
  Options options;
  options.number(7, 2).number(9, 2).number(0, 1).number(1, 8).number(0, 3).add_number(5, 3, 8);
  CaptureOptions reader;
  reader.read(options.bytes(), false, record);
  EXPECT_FALSE(record.verdict);
  EXPECT_EQ(record.packet_id, 3u);
  EXPECT_EQ(reader.malformed(), 0u);
}

TEST(CaptureOptions, more_processes_than_are_remembered_are_still_told) {
  CaptureOptions reader;
  PacketRecord record;
  for (size_t pid = 1; pid <= 3 * CaptureOptions::kProcesses; ++pid) {
    reader.read(Options().add(1, "PID: " + std::to_string(pid)).bytes(), false, record);
    ASSERT_TRUE(record.process);
    ASSERT_EQ(record.process->pid, pid);
  }
}

}  // namespace
}  // namespace weir::decode
