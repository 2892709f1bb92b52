// SPDX-License-Identifier: Apache-2.0
// `weir packets -r … -w`: what is written is what was read, for Weir and for other programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "capture_writer.h"
#include "weir_run.h"

namespace weir::tests {
namespace {

constexpr int64_t kMs = 1'000'000;

Frame request(uint16_t source = 4000, uint16_t destination = 53) {
  return Ethernet{} / IPv4{.source = "10.0.0.7", .destination = "10.0.0.9"} /
         UDP{.source = source, .destination = destination} / Payload{8};
}

/// All that a packet's options can say: comment, flags, drop count, packet id, verdict, thread.
Bytes all_options() {
  const std::string owner = "PID: 4121\nCmd: /usr/bin/curl\nUserId: 1000";
  const std::string note = "seen by a person";
  Bytes bytes, flags, drops, id, verdict{1}, thread;
  put_little(flags, 2, 4), put_little(drops, 7, 8), put_little(id, 0x1122334455667788, 8);
  put_little(verdict, 2, 8), put_little(thread, 4121, 4), put_little(thread, 4122, 4);
  PcapngFile::option(bytes, 1, Bytes(owner.begin(), owner.end()));
  PcapngFile::option(bytes, 1, Bytes(note.begin(), note.end()));
  PcapngFile::option(bytes, 2, flags), PcapngFile::option(bytes, 4, drops), PcapngFile::option(bytes, 5, id);
  PcapngFile::option(bytes, 7, verdict), PcapngFile::option(bytes, 8, thread);
  put_little(bytes, 0, 4);
  return bytes;
}

class VerbPacketsWrite : public testing::Test {
 protected:
  RunResult shell(const std::string& command) { return run_shell(folder_, command); }
  RunResult weir(const std::string& arguments) { return shell("WEIR packets " + arguments); }
  std::string owned() {
    PcapngFile capture;
    capture.add_interface(1, "lo").add_interface(1, "eth0");
    capture.add(0, 0, request(), all_options()).add(1, 1 * kMs, request(4001)).add(0, 2 * kMs, request(4002));
    return folder_.file("owned.pcapng", capture.bytes());
  }
  std::string many(size_t packets) {
    PcapFile capture;
    for (size_t i = 0; i < packets; ++i)
      capture.add(static_cast<int64_t>(i) * kMs, request(static_cast<uint16_t>(1000 + i)));
    return folder_.file("many.pcap", capture.bytes());
  }
  bool has(const std::string& program) { return shell("command -v " + program).status == 0; }
  TestFolder folder_;
};

TEST_F(VerbPacketsWrite, pcapng_keeps_all_that_pcapng_told) {
  const std::string source = owned();
  const std::string target = folder_.path("b.pcapng");
  const RunResult run = weir("-r " + source + " -w " + target);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_NE(run.err.find("wrote 3 to " + target), std::string::npos) << run.err;
  const RunResult before = weir("-o json -r " + source);
  const RunResult after = weir("-o json -r " + target);
  EXPECT_EQ(after.out, before.out);
  for (const char* kept :
       {R"("id":1234605616436508552)", R"("dropped_before":7)", R"("verdict":{"hook":"tc","code":2})",
        R"("thread":{"id":4122})", R"("comments":["seen by a person"])", R"("interface":{"name":"eth0"})"})
    EXPECT_NE(after.out.find(kept), std::string::npos) << kept << after.out;
}

TEST_F(VerbPacketsWrite, what_a_capture_says_it_lost_is_told) {
  const std::string source = owned();
  const RunResult run = weir("-r " + source);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("weir: lost 7 packets when the capture was taken, as it says\n"), std::string::npos)
      << run.err;
  EXPECT_EQ(run.err.find("lost nothing"), std::string::npos) << run.err;
  EXPECT_EQ(weir("--fail-on-loss -r " + source).status, 5);
}

TEST_F(VerbPacketsWrite, owners_survive_into_flows) {
  const std::string target = folder_.path("b.pcapng");
  ASSERT_EQ(weir("-r " + owned() + " -w " + target).status, 0);
  const RunResult flows = shell("WEIR flows -o json -r " + target);
  EXPECT_NE(flows.out.find(
                R"("process":{"pid":4121,"comm":"curl","executable":{"name":"curl"}},"user":{"id":1000})"),
            std::string::npos)
      << flows.out << flows.err;
}

TEST_F(VerbPacketsWrite, only_what_matches_is_written_and_print_shows_it_too) {
  const std::string target = folder_.path("b.pcapng");
  const RunResult run = weir("-t -r " + owned() + " -w " + target + " --print udp src port 4001");
  EXPECT_EQ(run.lines().size(), 1u) << run.out;
  EXPECT_EQ(weir("-r " + target).lines().size(), 1u);
}

TEST_F(VerbPacketsWrite, plain_pcap_is_the_same_for_tcpdump) {
  if (!has("tcpdump")) GTEST_SKIP() << "tcpdump is not installed; scripts/setup installs it";
  const std::string source = many(5);
  for (const std::string option : {"", "--micro"}) {
    const std::string target = folder_.path("b.pcap");
    ASSERT_EQ(weir(option + " -r " + source + " -w " + target).status, 0);
    const RunResult theirs = shell("tcpdump -ttnner " + target);
    EXPECT_EQ(theirs.out, shell("tcpdump -ttnner " + source).out);
    EXPECT_EQ(theirs.out, weir("-ttnner " + target).out);
  }
}

TEST_F(VerbPacketsWrite, stdout_is_a_capture_for_the_next_program) {
  const std::string source = many(5);
  EXPECT_EQ(shell("WEIR packets -r " + source + " -w - | WEIR packets -r -").lines().size(), 5u);
  if (!has("tshark")) return;
  const RunResult theirs = shell("WEIR packets -r " + source + " -w - | tshark -n -r - 2> /dev/null");
  EXPECT_EQ(theirs.lines().size(), 5u);
}

TEST_F(VerbPacketsWrite, tshark_reads_comments_and_directions) {
  if (!has("tshark")) GTEST_SKIP() << "tshark is not installed; scripts/setup installs it";
  const std::string target = folder_.path("b.pcapng");
  ASSERT_EQ(weir("-r " + owned() + " -w " + target).status, 0);
  const RunResult run = shell("tshark -n -r " + target +
                              " -T fields -e frame.interface_name -e frame.packet_flags_direction"
                              " -e frame.comment -c1 2> /dev/null");
  EXPECT_TRUE(run.out.starts_with("lo\t")) << run.out;
  EXPECT_NE(run.out.find("0x00000002"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("PID: 4121"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("seen by a person"), std::string::npos) << run.out;
}

TEST_F(VerbPacketsWrite, a_capture_is_not_written_over_while_it_is_read) {
  const std::string source = many(3);
  const RunResult run = weir("-r " + source + " -w " + source);
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.err.find("would write over the capture"), std::string::npos) << run.err;
  EXPECT_EQ(weir("-w " + source + " -r - < " + source).status, 2);
  EXPECT_EQ(weir("-r " + source).lines().size(), 3u);
}

TEST_F(VerbPacketsWrite, files_rotate_by_size_and_each_goes_to_the_command) {
  const std::string command = folder_.path("note");
  const std::string script = "#!/bin/sh\necho \"$1\" >> " + folder_.path("noted") + "\n";
  folder_.file("note", Bytes(script.begin(), script.end()));
  ASSERT_EQ(shell("chmod +x " + command).status, 0);
  const RunResult run =
      weir("-r " + many(100) + " --pcap -w " + folder_.path("part") + " -C 1K -z " + command);
  EXPECT_EQ(run.status, 0) << run.err;
  size_t files = 0, packets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path(""))) {
    if (!entry.path().filename().string().starts_with("part")) continue;
    ++files;
    packets += weir("-r " + entry.path().string()).lines().size();
  }
  EXPECT_GT(files, 3u);
  EXPECT_EQ(packets, 100u);
}

TEST_F(VerbPacketsWrite, links_of_two_kinds_do_not_go_into_one_plain_pcap) {
  PcapFile raw(101);
  Bytes packet = request().bytes();
  packet.erase(packet.begin(), packet.begin() + 14);
  raw.add(5 * kMs, packet);
  const std::string both = "-r " + many(2) + " -r " + folder_.file("raw.pcap", raw.bytes());
  EXPECT_EQ(weir(both + " -w " + folder_.path("b.pcapng")).status, 0);
  EXPECT_EQ(weir("-r " + folder_.path("b.pcapng")).lines().size(), 3u);
  const RunResult refused = weir(both + " -w " + folder_.path("b.pcap"));
  EXPECT_EQ(refused.status, 2) << refused.err;
}

}  // namespace
}  // namespace weir::tests
