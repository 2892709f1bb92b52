// SPDX-License-Identifier: Apache-2.0
// Records written to captures and read back.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "capture_write_records.h"

namespace weir::tests {
namespace {

using sink::CaptureWriter;
using sink::CaptureWriterOptions;

std::unique_ptr<CaptureWriter> open_writer(CaptureWriterOptions options) {
  auto writer = CaptureWriter::open(std::move(options));
  EXPECT_TRUE(writer) << writer.error().message;
  return writer ? std::move(*writer) : nullptr;
}

TEST(CaptureWrite, random_records_come_back_as_they_were) {
  const CaptureFolder folder;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    RandomRecords random(seed);
    const std::string path = folder.path("a.pcapng");
    auto writer = open_writer({.path = path});
    for (uint32_t i = 0; i < random.interfaces().size(); ++i) writer->announce(i, random.interfaces()[i]);
    std::vector<std::string> written;
    for (int i = 0; i < 500; ++i) {
      const auto record = random.next();
      ASSERT_TRUE(writer->write(record));
      written.push_back(told(record));
    }
    ASSERT_TRUE(writer->finish({}));
    EXPECT_EQ(writer->counters().kept, 500u);
    EXPECT_EQ(writer->counters().cut, 0u);
    const ReadBack read = read_back(path);
    EXPECT_EQ(read.error, "");
    ASSERT_EQ(read.records, written) << "seed " << seed;
  }
}

TEST(CaptureWrite, what_was_read_can_be_written_again_without_a_change) {
  const CaptureFolder folder;
  RandomRecords random(77);
  auto first = open_writer({.path = folder.path("1.pcapng"), .application = "weir test"});
  for (int i = 0; i < 300; ++i) first->write(random.next());
  ASSERT_TRUE(first->finish({}));
  auto second = open_writer({.path = folder.path("2.pcapng"), .application = "weir test"});
  auto reader = source::open_captures({folder.path("1.pcapng")});
  ASSERT_TRUE(reader);
  source::CaptureRecords records;
  decode::PacketRecord record;
  std::vector<source::CapturedPacket> packets(64);
  while (const size_t count = (*reader)->read(packets)) {
    for (size_t i = 0; i < count; ++i) {
      records.fill(packets[i], (*reader)->interfaces(), record);
      ASSERT_TRUE(second->write(record));
    }
  }
  EXPECT_EQ(records.malformed_options(), 0u);
  ASSERT_TRUE(second->finish({}));
  EXPECT_EQ(file_bytes(folder.path("1.pcapng")), file_bytes(folder.path("2.pcapng")));
}

TEST(CaptureWrite, a_file_torn_at_any_byte_reads_to_its_last_whole_block) {
  const CaptureFolder folder;
  for (const bool pcap : {false, true}) {
    RandomRecords random(5, 3, pcap);
    const std::string path = folder.path("whole");
    auto writer = open_writer({.path = path, .pcap = pcap});
    std::vector<size_t> ends;  // of each packet in the file
    for (int i = 0; i < 6; ++i) {
      ASSERT_TRUE(writer->write(random.next()));
      ASSERT_TRUE(writer->flush());
      ends.push_back(file_bytes(path).size());
    }
    ASSERT_TRUE(writer->finish({}));
    const std::string whole = file_bytes(path);
    const auto all = read_back(path).records;
    ASSERT_EQ(all.size(), 6u);
    const size_t header = pcap ? 24 : 28;
    for (size_t size = header; size < whole.size(); ++size) {
      const ReadBack torn = read_bytes(std::string_view(whole).substr(0, size));
      size_t expected = 0;
      while (expected < ends.size() && ends[expected] <= size) ++expected;
      ASSERT_EQ(torn.records.size(), expected) << "at byte " << size;
      ASSERT_TRUE(std::equal(torn.records.begin(), torn.records.end(), all.begin())) << "at byte " << size;
    }
  }
}

TEST(CaptureWrite, a_writer_that_is_killed_leaves_whole_blocks) {
  constexpr uint64_t kMostPackets = 200'000;  // bounds the file where the parent is slow to kill
  const CaptureFolder folder;
  for (const bool pcap : {false, true}) {
    const std::string path = folder.path(pcap ? "killed.pcap" : "killed.pcapng");
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    base::UniqueFd from_child(ready[0]);
    base::UniqueFd to_parent(ready[1]);
    const pid_t child = ::fork();
    if (child == 0) {
      RandomRecords random(9, 3, true);
      auto writer = CaptureWriter::open({.path = path, .pcap = pcap});
      const auto record = random.next();
      for (uint64_t i = 0; i < kMostPackets; ++i) {
        (*writer)->write(record);
        if (i == kMostPackets / 10 && ::write(to_parent.get(), "x", 1) != 1) ::_exit(1);
      }
      for (;;) ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(from_child.get(), &byte, 1), 1);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const ReadBack read = read_back(path);
    EXPECT_GT(read.records.size(), kMostPackets / 100);
    for (const std::string& record : read.records) ASSERT_EQ(record, read.records.front());
  }
}

TEST(CaptureWrite, plain_pcap_keeps_times_and_frames_of_one_link_type) {
  const CaptureFolder folder;
  for (const bool nanoseconds : {false, true}) {
    RandomRecords random(3, 2, true);
    const std::string path = folder.path("a.pcap");
    auto writer = open_writer({.path = path, .pcap = true, .nanoseconds = nanoseconds});
    std::vector<decode::PacketRecord> written;
    for (int i = 0; i < 100; ++i) {
      written.push_back(random.next());
      ASSERT_TRUE(writer->write(written.back()));
    }
    ASSERT_TRUE(writer->finish({}));
    auto reader = source::open_captures({path});
    ASSERT_TRUE(reader);
    std::vector<source::CapturedPacket> packets(200);
    const size_t count = (*reader)->read(packets);
    ASSERT_EQ(count, written.size());
    for (size_t i = 0; i < count; ++i) {
      const int64_t time_ns = written[i].time_ns;
      EXPECT_EQ(packets[i].time_ns, nanoseconds ? time_ns : time_ns / 1000 * 1000);
      EXPECT_EQ(packets[i].wire_bytes, written[i].wire_bytes);
      EXPECT_TRUE(std::equal(written[i].data.begin(), written[i].data.end(), packets[i].data,
                             packets[i].data + packets[i].captured_bytes));
    }
  }
}

TEST(CaptureWrite, plain_pcap_refuses_a_second_link_type_and_names_pcapng) {
  const CaptureFolder folder;
  const decode::PacketInterface ethernet{
      .name = "eth0", .description = "", .ifindex = 0, .link_type = 1, .snap_bytes = 0};
  const decode::PacketInterface raw{
      .name = "tun0", .description = "", .ifindex = 0, .link_type = 101, .snap_bytes = 0};
  auto writer = open_writer({.path = folder.path("a.pcap"), .pcap = true});
  decode::PacketRecord record;
  record.interface = &ethernet;
  ASSERT_TRUE(writer->write(record));
  record.interface = &raw;
  record.interface_index = 1;
  EXPECT_FALSE(writer->write(record));
  ASSERT_TRUE(writer->error());
  EXPECT_EQ(writer->error()->kind, base::ErrorKind::bad_input);
  EXPECT_NE(writer->error()->message.find("pcapng"), std::string::npos) << writer->error()->message;
  EXPECT_NE(writer->error()->message.find("tun0"), std::string::npos) << writer->error()->message;
  EXPECT_FALSE(writer->finish({}));
  EXPECT_EQ(writer->counters().kept, 1u);
  EXPECT_EQ(writer->counters().lost, 1u);
  EXPECT_EQ(read_back(folder.path("a.pcap")).records.size(), 1u);
}

TEST(CaptureWrite, counts_what_the_format_has_no_place_for) {
  const CaptureFolder folder;
  const decode::PacketInterface ethernet{
      .name = "eth0", .description = "", .ifindex = 0, .link_type = 1, .snap_bytes = 0};
  auto writer = open_writer({.path = folder.path("a.pcapng")});
  const std::vector<uint8_t> large(300'000);
  decode::PacketRecord record;
  record.interface = &ethernet;
  record.data = large;
  record.wire_bytes = 300'000;
  EXPECT_TRUE(writer->write(record));
  record.data = {};
  record.time_ns = -1;
  EXPECT_TRUE(writer->write(record));
  record.time_ns = 1;
  record.comments.assign(20, std::string(70'000, 'x'));
  EXPECT_TRUE(writer->write(record));
  EXPECT_TRUE(writer->finish({}));
  EXPECT_EQ(writer->counters().cut, 3u);
  const ReadBack read = read_back(folder.path("a.pcapng"));
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.records.size(), 3u);
}

TEST(CaptureWrite, each_packet_mode_hands_on_at_once_and_flush_what_waits) {
  const CaptureFolder folder;
  RandomRecords random(1);
  auto each = open_writer({.path = folder.path("u.pcapng"), .each_packet = true});
  auto buffered = open_writer({.path = folder.path("b.pcapng")});
  for (uint64_t i = 1; i <= 10; ++i) {
    const auto record = random.next();
    each->write(record);
    buffered->write(record);
    EXPECT_EQ(each->counters().kept, i);
    EXPECT_EQ(buffered->counters().kept, 0u);
  }
  EXPECT_TRUE(buffered->flush());
  EXPECT_EQ(buffered->counters().kept, 10u);
  EXPECT_EQ(read_back(folder.path("b.pcapng")).records, read_back(folder.path("u.pcapng")).records);
}

}  // namespace
}  // namespace weir::tests
