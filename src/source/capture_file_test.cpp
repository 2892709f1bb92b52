// SPDX-License-Identifier: Apache-2.0
#include "source/capture_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "source/capture_builder.h"

namespace weir::source {
namespace {

class CaptureFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "weir-capture-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path(name);
  }

  std::filesystem::path folder_;
};

Everything read_files(const std::vector<std::string>& paths, size_t batch = 64) {
  Everything all;
  auto reader = open_captures(paths);
  if (reader) {
    read_all(**reader, batch, all);
  } else {
    all.opening_error = reader.error().message;
  }
  return all;
}

std::string joined(const Everything& all) {
  std::string text;
  for (const KeptPacket& packet : all.packets) text += packet.data;
  return text;
}

/// Packets a second apart, each its own letter.
Bytes letters(const std::string& data, uint32_t first_second, uint32_t step, uint32_t link_type = 1) {
  PcapWriter file(false, 0xa1b2c3d4, link_type);
  for (const char letter : data) {
    file.packet(first_second, 0, std::string(1, letter), 1);
    first_second += step;
  }
  return file.bytes();
}

/// Our end for writing, and stdin in place of the test's own.
class StdinPipe {
 public:
  StdinPipe() : saved_(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    base::UniqueFd from(ends[0]);
    to_.reset(ends[1]);
    EXPECT_GE(::dup2(from.get(), STDIN_FILENO), 0);
  }
  ~StdinPipe() { ::dup2(saved_.get(), STDIN_FILENO); }
  void write(const Bytes& bytes) {
    EXPECT_EQ(::write(to_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void end() { to_.reset(); }

 private:
  base::UniqueFd saved_;
  base::UniqueFd to_;
};

TEST_F(CaptureFile, is_read_whole) {
  PcapWriter file(false);
  for (uint32_t i = 0; i < 30'000; ++i) file.packet(i, i, std::string(i % 100, 'x'), 1500);
  const Everything all = read_files({write("a.pcap", file.bytes())});
  EXPECT_EQ(all.error, "");
  ASSERT_EQ(all.packets.size(), 30'000u);
  for (uint32_t i = 0; i < 30'000; ++i) ASSERT_EQ(all.packets[i].data.size(), i % 100);
}

TEST_F(CaptureFile, that_is_none_is_refused_with_what_it_is) {
  EXPECT_EQ(read_files({path("absent")}).opening_error,
            path("absent") + ": cannot open it: No such file or directory");
  EXPECT_EQ(read_files({folder_.string()}).opening_error, folder_.string() + ": is a directory, no capture");
  EXPECT_NE(read_files({write("empty", {})}).opening_error.find("it is empty"), std::string::npos);
  const auto refusal = [this](const std::string& bytes) {
    return read_files({write("other", Bytes(bytes.begin(), bytes.end()))}).opening_error;
  };
  EXPECT_NE(refusal("Dear reader,\n").find("found text"), std::string::npos);
  EXPECT_NE(refusal(std::string("snoop\0\0\0\0\0\0\2", 12)).find("a snoop capture"), std::string::npos);
  EXPECT_NE(refusal("\x28\xb5\x2f\xfdxxxx").find("zstd -dc"), std::string::npos);
  EXPECT_NE(refusal("\x01\x02\x03\x04\x05").find("data that begins with 01020304"), std::string::npos);
  const std::string erf("\0\0\0\0\x80\x43\x6d\x38\x02\x04\0\x60\0\0\0\x4e\0\0", 18);
  EXPECT_NE(refusal(erf).find("an ERF capture"), std::string::npos);
  EXPECT_NE(read_files({}).opening_error, "");
  EXPECT_NE(read_files({"-", "-"}).opening_error, "");
}

TEST_F(CaptureFile, cut_while_it_is_read_is_an_early_end) {
  PcapWriter file(false);
  for (int i = 0; i < 2000; ++i) file.packet(1, 0, std::string(1000, 'x'), 1000);
  const std::string name = write("a.pcap", file.bytes());
  auto reader = open_captures({name});
  ASSERT_TRUE(reader.has_value());
  std::vector<CapturedPacket> packets(64);
  ASSERT_GT((*reader)->read(packets), 0u);
  std::filesystem::resize_file(name, 1'000'000);
  size_t count = 0;
  while (const size_t given = (*reader)->read(packets)) count += given;
  EXPECT_LT(count, 1000u);
  ASSERT_TRUE((*reader)->error().has_value());
  EXPECT_EQ((*reader)->error()->kind, base::ErrorKind::bad_input);
  EXPECT_NE((*reader)->error()->message.find("a packet of 1016 bytes expected, found the end after"),
            std::string::npos);
}

TEST_F(CaptureFile, several_are_merged_by_time_each_in_its_own_order) {
  const std::string even = write("even", letters("acegik", 0, 2));
  const std::string odd = write("odd", letters("bdfhjl", 1, 2));
  const std::string late = write("late", letters("mn", 100, 1));
  for (const size_t batch : {1, 3, 64}) {
    EXPECT_EQ(joined(read_files({late, odd, even}, batch)), "abcdefghijklmn");
    EXPECT_EQ(joined(read_files({even, even}, batch)), "aacceeggiikk");
  }
  PcapWriter backwards(false);
  backwards.packet(5, 0, "5", 1).packet(3, 0, "3", 1).packet(6, 0, "6", 1);
  EXPECT_EQ(joined(read_files({even, write("backwards", backwards.bytes())})), "ace53g6ik");
}

TEST_F(CaptureFile, equal_times_come_in_the_order_of_the_command_line) {
  const std::string a = write("a", letters("aaa", 1, 0));
  const std::string b = write("b", letters("bbb", 1, 0));
  EXPECT_EQ(joined(read_files({a, b})), "aaabbb");
  EXPECT_EQ(joined(read_files({b, a})), "bbbaaa");
}

TEST_F(CaptureFile, several_keep_their_interfaces_with_file_and_name) {
  PcapngWriter ng(true);
  ng.interface("eth0").packet(0, 1'000'000, "B", 1).interface("eth1", 101).packet(1, 3'000'000, "D", 1);
  const std::string a = write("a.pcap", letters("AC", 0, 2, 113));
  const std::string b = write("b.pcapng", ng.bytes());
  const Everything all = read_files({a, b});
  EXPECT_EQ(joined(all), "ABCD");
  for (const KeptPacket& packet : all.packets) {
    const CaptureInterface& interface = all.interfaces[packet.interface];
    const bool first = packet.data == "A" || packet.data == "C";
    EXPECT_EQ(interface.file, first ? a : b);
    EXPECT_EQ(interface.link_type, first ? 113u : packet.data == "B" ? 1u : 101u);
    EXPECT_EQ(interface.name, first ? "" : packet.data == "B" ? "eth0" : "eth1");
  }
  EXPECT_EQ(all.interfaces.size(), 3u);
}

TEST_F(CaptureFile, long_ones_that_overlap_lose_nothing_in_the_merge) {
  std::vector<std::string> paths;
  for (uint32_t k = 0; k < 5; ++k) {
    PcapWriter file(k % 2 == 0);
    for (uint32_t i = 0; i < 3000; ++i) file.packet(i, k * 10 + i % 7, std::string(i % 500, 'x'), 1500);
    const std::string name = "part" + std::to_string(k);
    paths.push_back(write(name, k == 3 ? gzip(file.bytes()) : file.bytes()));
  }
  const Everything all = read_files(paths);
  EXPECT_EQ(all.error, "");
  ASSERT_EQ(all.packets.size(), 15'000u);
  for (size_t i = 1; i < all.packets.size(); ++i)
    ASSERT_LE(all.packets[i - 1].time_ns, all.packets[i].time_ns) << i;
}

TEST_F(CaptureFile, more_of_them_than_descriptors_are_read_one_after_the_other) {
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < 2000; ++i)
    paths.push_back(write(std::to_string(i), letters("x", 10 * (2000 - i), 1)));
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const rlimit few{64, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const Everything all = read_files(paths);
  ::setrlimit(RLIMIT_NOFILE, &usual);
  EXPECT_EQ(all.opening_error + all.error, "");
  ASSERT_EQ(all.packets.size(), 2000u);
  EXPECT_EQ(all.interfaces.size(), 2000u);
  EXPECT_EQ(all.interfaces[all.packets[0].interface].file, paths[1999]);
}

TEST_F(CaptureFile, torn_among_others_ends_at_its_tear_and_the_others_go_on) {
  Bytes torn = letters("acx", 0, 2);
  torn.resize(torn.size() - 1);
  const std::string first = write("torn", torn);
  const std::string second = write("whole", letters("bdef", 1, 2));
  const Everything one = read_files({first, second});
  EXPECT_EQ(joined(one), "abcdef");
  EXPECT_EQ(one.error, first + ": byte 58: a packet of 17 bytes expected, found the end after 16");
  const Everything two = read_files({first, second, first});
  EXPECT_EQ(joined(two), "aabccdef");
  EXPECT_NE(two.error.find("(and 1 more of the files"), std::string::npos) << two.error;
}

TEST_F(CaptureFile, from_a_pipe_gives_each_packet_when_it_comes) {
  StdinPipe pipe;
  pipe.write(PcapWriter(false).bytes());
  auto reader = open_captures({"-"});
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ((*reader)->interfaces().at(0).file, "stdin");
  std::vector<CapturedPacket> packets(64);
  const Bytes whole = letters("a", 1, 1);
  const Bytes packet(whole.begin() + 24, whole.end());
  for (int i = 0; i < 3; ++i) {
    pipe.write(packet);  // nothing else is in the pipe: a reader that wanted more would wait for ever
    ASSERT_EQ((*reader)->read(packets), 1u);
    EXPECT_EQ(packets[0].data[0], 'a');
  }
  pipe.write(packet + packet + Bytes(packet.begin(), packet.begin() + 5));
  ASSERT_EQ((*reader)->read(packets), 2u);
  pipe.write(Bytes(packet.begin() + 5, packet.end()));
  ASSERT_EQ((*reader)->read(packets), 1u);
  pipe.end();
  EXPECT_EQ((*reader)->read(packets), 0u);
  EXPECT_FALSE((*reader)->error().has_value());
}

TEST_F(CaptureFile, gzipped_through_a_pipe_gives_each_packet_when_it_comes) {
  StdinPipe pipe;
  pipe.write(gzip(letters("ab", 1, 1), true));
  auto reader = open_captures({"-"});
  ASSERT_TRUE(reader.has_value());
  std::vector<CapturedPacket> packets(64);
  EXPECT_EQ((*reader)->read(packets), 2u);
}

TEST_F(CaptureFile, from_a_fifo_is_merged_with_a_file) {
  const std::string fifo = path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  base::UniqueFd keep(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  base::UniqueFd to(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  const Bytes bytes = letters("ace", 0, 2);
  ASSERT_EQ(::write(to.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  auto reader = open_captures({write("file", letters("bdf", 1, 2)), fifo});
  ASSERT_TRUE(reader.has_value());
  keep.reset();
  to.reset();
  Everything all;
  read_all(**reader, 64, all);
  EXPECT_EQ(joined(all), "abcdef");
}

TEST_F(CaptureFile, from_a_pipe_ends_when_asked_to_stop) {
  base::UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  StdinPipe pipe;
  const Bytes bytes = letters("ab", 1, 1);
  pipe.write(Bytes(bytes.begin(), bytes.end() - 1));
  auto reader = open_captures({"-"}, stop.get());
  ASSERT_TRUE(reader.has_value());
  std::vector<CapturedPacket> packets(64);
  EXPECT_EQ((*reader)->read(packets), 1u);
  ASSERT_EQ(::eventfd_write(stop.get(), 1), 0);
  EXPECT_EQ((*reader)->read(packets), 0u);
  EXPECT_FALSE((*reader)->error().has_value());

  auto nothing = open_captures({"-"}, stop.get());  // before there was even a header
  ASSERT_TRUE(nothing.has_value());
  EXPECT_EQ((*nothing)->read(packets), 0u);
  EXPECT_FALSE((*nothing)->error().has_value());
}

TEST_F(CaptureFile, from_a_pipe_that_does_not_block_is_waited_for) {
  StdinPipe pipe;
  pipe.write(letters("a", 1, 1));
  ASSERT_EQ(::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), 0);
  auto reader = open_captures({"-"});
  ASSERT_TRUE(reader.has_value());
  std::vector<CapturedPacket> packets(64);
  EXPECT_EQ((*reader)->read(packets), 1u);
  pipe.end();
  EXPECT_EQ((*reader)->read(packets), 0u);
  EXPECT_FALSE((*reader)->error().has_value());
}

}  // namespace
}  // namespace weir::source
