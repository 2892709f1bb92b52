// SPDX-License-Identifier: Apache-2.0
// Rotated captures: the same files as tcpdump's, and what -z makes of them.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_write_records.h"

namespace weir::tests {
namespace {

using sink::CaptureWriter;

int64_t clock_ns = 0;
int64_t test_clock() {
  return clock_ns;
}

/// Packets of 1000 bytes in a pcap file, plain: 1000 of them are above -C 1.
struct Traffic {
  decode::PacketInterface interface;
  std::vector<uint8_t> data = std::vector<uint8_t>(984);
  Traffic() { interface.link_type = 1, interface.snap_bytes = 262144; }
  decode::PacketRecord record(int64_t i) const {
    decode::PacketRecord record;
    record.interface = &interface;
    record.data = data;
    record.wire_bytes = 984;
    record.time_ns = (1'700'000'000 + i) * 1'000'000'000;
    return record;
  }
};

void write_traffic(sink::CaptureWriterOptions options, int64_t packets) {
  const Traffic traffic;
  options.pcap = true;
  options.nanoseconds = false;
  auto writer = CaptureWriter::open(std::move(options));
  ASSERT_TRUE(writer) << writer.error().message;
  for (int64_t i = 0; i < packets; ++i) ASSERT_TRUE((*writer)->write(traffic.record(i)));
  ASSERT_TRUE((*writer)->finish({}));
  EXPECT_EQ((*writer)->counters().kept, static_cast<uint64_t>(packets));
}

TEST(CaptureWriteRotation, by_size_makes_the_files_that_tcpdump_makes) {
  if (!has_program("tcpdump")) GTEST_SKIP() << "tcpdump is not installed: scripts/setup test";
  const CaptureFolder folder;
  write_traffic({.path = folder.path("in.pcap")}, 5500);
  const std::string user = ::geteuid() == 0 ? " -Z root" : "";
  struct Case {
    const char* words;
    const char* name;
    sink::RotationOptions options;
  };
  for (const Case& wanted :
       {Case{"-C 1", "a.pcap", {.most_bytes = 1'000'000}},
        Case{"-C 2 -W 2", "a", {.most_bytes = 2'000'000, .files = 2}},
        Case{"-C 1 -W 3", "a.pcap", {.most_bytes = 1'000'000, .files = 3}},
        Case{"-C 1 -W 1", "a.pcap", {.most_bytes = 1'000'000, .files = 1}},
        Case{"-C 1 -W 10", "a.pcap", {.most_bytes = 1'000'000, .files = 10}},
        Case{"-C 1 -W 11", "a.pcap", {.most_bytes = 1'000'000, .files = 11}},
        Case{"-C 1 -W 1001", "a.pcap", {.most_bytes = 1'000'000, .files = 1001}},
        Case{"-G 100000 -C 1", "a.pcap", {.most_bytes = 1'000'000, .seconds = 100'000}},
        Case{"-G 100000 -C 1 -W 2", "a%%.pcap", {.most_bytes = 1'000'000, .seconds = 100'000, .files = 2}},
        Case{"-G 100000", "a-%%.pcap", {.seconds = 100'000}}}) {
    const CaptureFolder theirs;
    const CaptureFolder ours;
    shell("cd " + theirs.path() + " && tcpdump" + user + " -r " + folder.path("in.pcap") + " -w '" +
          wanted.name + "' " + wanted.words + " 2>/dev/null");
    write_traffic({.path = ours.path(wanted.name), .rotation = wanted.options}, 5500);
    ASSERT_EQ(ours.names(), theirs.names()) << wanted.words;
    for (const std::string& name : ours.names())
      EXPECT_TRUE(file_bytes(ours.path(name)) == file_bytes(theirs.path(name)))
          << wanted.words << ": " << name;
  }
}

TEST(CaptureWriteRotation, by_time_names_files_by_their_first_second_and_stops_at_the_count) {
  const CaptureFolder folder;
  const Traffic traffic;
  clock_ns = 1'763'717'239'000'000'000;
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  auto writer = CaptureWriter::open(
      {.path = folder.path("%H%M%S.pcapng"), .rotation = {.seconds = 10, .files = 3}, .now_ns = test_clock});
  ASSERT_TRUE(writer) << writer.error().message;
  uint64_t written = 0;
  for (int64_t i = 0; (*writer)->write(traffic.record(i)); ++i) {
    ++written;
    clock_ns += 4'000'000'000;
  }
  EXPECT_FALSE((*writer)->error());
  EXPECT_TRUE((*writer)->full());
  ASSERT_TRUE((*writer)->finish({}));
  // 0 4 8 | 12 16 20 | 24 28 32 | 36: over
  EXPECT_EQ(written, 9u);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"092719.pcapng", "092731.pcapng", "092743.pcapng"}));
  for (const std::string& name : folder.names()) EXPECT_EQ(read_back(folder.path(name)).records.size(), 3u);
  EXPECT_EQ((*writer)->counters().files, 3u);
  EXPECT_EQ((*writer)->counters().kept, 9u);
  EXPECT_EQ((*writer)->counters().lost, 0u);
}

TEST(CaptureWriteRotation, each_file_of_pcapng_describes_its_interfaces) {
  const CaptureFolder folder;
  RandomRecords random(8);
  auto writer = CaptureWriter::open({.path = folder.path("a"), .rotation = {.most_bytes = 4096}});
  ASSERT_TRUE(writer);
  for (int i = 0; i < 400; ++i) ASSERT_TRUE((*writer)->write(random.next()));
  ASSERT_TRUE((*writer)->finish({}));
  EXPECT_GT(folder.names().size(), 5u);
  EXPECT_EQ((*writer)->counters().files, folder.names().size());
  size_t packets = 0;
  for (const std::string& name : folder.names()) {
    const ReadBack read = read_back(folder.path(name));
    EXPECT_EQ(read.error, "");
    packets += read.records.size();
  }
  EXPECT_EQ(packets, 400u);
}

TEST(CaptureWriteRotation, runs_the_command_on_finished_files_and_counts_failures) {
  const CaptureFolder folder;
  const std::string script = folder.path("seen");
  write_file(script, "#!/bin/sh\ncase $1 in *1) exit 3;; esac\nexec mv \"$1\" \"$1.done\"\n");
  ASSERT_EQ(::chmod(script.c_str(), 0755), 0);
  auto writer = CaptureWriter::open({.path = folder.path("a b;c"),
                                     .pcap = true,
                                     .rotation = {.most_bytes = 100'000},
                                     .rotation_command = script});
  ASSERT_TRUE(writer);
  const Traffic traffic;
  for (int64_t i = 0; i < 350; ++i) ASSERT_TRUE((*writer)->write(traffic.record(i)));
  EXPECT_EQ((*writer)->counters().files, 4u);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE((*writer)->flush());
    const auto names = folder.names();
    if ((*writer)->counters().commands_failed == 1 && names[0] == "a b;c.done" && names[2] == "a b;c2.done")
      break;
    ::usleep(10'000);
  }
  ASSERT_TRUE((*writer)->finish({}));
  EXPECT_EQ((*writer)->counters().commands, 3u);
  EXPECT_EQ((*writer)->counters().commands_failed, 1u);
  EXPECT_EQ(folder.names(),
            (std::vector<std::string>{"a b;c.done", "a b;c1", "a b;c2.done", "a b;c3", "seen"}));
}

TEST(CaptureWriteRotation, a_command_that_does_not_exist_is_a_counted_failure) {
  const CaptureFolder folder;
  auto writer = CaptureWriter::open({.path = folder.path("a"),
                                     .pcap = true,
                                     .rotation = {.most_bytes = 100'000},
                                     .rotation_command = "/nonexistent/gzip"});
  ASSERT_TRUE(writer);
  const Traffic traffic;
  for (int64_t i = 0; i < 150; ++i) ASSERT_TRUE((*writer)->write(traffic.record(i)));
  ASSERT_TRUE((*writer)->finish({}));
  EXPECT_EQ((*writer)->counters().commands_failed, 1u);
}

TEST(CaptureWriteRotation, refuses_what_does_not_go_together) {
  const auto streamed = CaptureWriter::open({.path = "-", .rotation = {.seconds = 1}});
  ASSERT_FALSE(streamed);
  EXPECT_EQ(streamed.error().kind, base::ErrorKind::bad_input);
  const auto counted = CaptureWriter::open({.path = "a", .rotation = {.files = 1}});
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().kind, base::ErrorKind::bad_input);
}

TEST(CaptureWriteRotation, a_next_file_that_cannot_be_made_ends_the_capture_with_what_was_kept) {
  const CaptureFolder folder;
  ASSERT_EQ(::mkdir(folder.path("a1").c_str(), 0755), 0);
  auto writer = CaptureWriter::open({.path = folder.path("a"), .rotation = {.most_bytes = 1000}});
  ASSERT_TRUE(writer);
  const Traffic traffic;
  EXPECT_TRUE((*writer)->write(traffic.record(0)));
  EXPECT_FALSE((*writer)->write(traffic.record(1)));
  const auto finished = (*writer)->finish({});
  ASSERT_FALSE(finished);
  EXPECT_NE(finished.error().message.find("a1: Is a directory"), std::string::npos)
      << finished.error().message;
  EXPECT_EQ((*writer)->counters().kept, 1u);
  EXPECT_EQ((*writer)->counters().lost, 1u);
  EXPECT_EQ(read_back(folder.path("a")).records.size(), 1u);
}

}  // namespace
}  // namespace weir::tests
