// SPDX-License-Identifier: Apache-2.0
#include "config/packets_command_line.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

PacketsOptions packets(const Words& words) {
  auto command = parse_packets(words);
  if (!command) {
    ADD_FAILURE() << command.error().message;
    return {};
  }
  return std::get<PacketsOptions>(*command);
}

std::string refusal(const Words& words) {
  const auto command = parse_packets(words);
  if (command) return "accepted";
  EXPECT_EQ(command.error().kind, base::ErrorKind::bad_input);
  EXPECT_EQ(command.error().message.find('\n'), std::string::npos) << command.error().message;
  return command.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(PacketsCommandLine, letters_stand_together_as_in_tcpdump) {
  const PacketsOptions options = packets({"-nnvvXi", "eth0", "-tttt", "-c5", "-#eqSK", "-s0", "tcp"});
  EXPECT_EQ(options.interfaces, Words{"eth0"});
  EXPECT_EQ(options.verbosity, 2);
  EXPECT_EQ(options.dump, PacketsDump::hex_ascii);
  EXPECT_EQ(options.time, PacketsTime::date);
  EXPECT_EQ(options.count, 5u);
  EXPECT_EQ(options.snap_bytes, kLongestSnap);
  EXPECT_TRUE(options.number && options.link_header && options.quiet && options.absolute_sequences);
  EXPECT_FALSE(options.verify_checksums);
  EXPECT_EQ(options.expression, "tcp");
}

TEST(PacketsCommandLine, each_t_is_another_time) {
  EXPECT_EQ(packets({}).time, PacketsTime::clock);
  EXPECT_EQ(packets({"-t"}).time, PacketsTime::none);
  EXPECT_EQ(packets({"-tt"}).time, PacketsTime::epoch);
  EXPECT_EQ(packets({"-t", "-tt"}).time, PacketsTime::since_last);
  EXPECT_EQ(packets({"-ttttt"}).time, PacketsTime::since_first);
}

TEST(PacketsCommandLine, dumps_grow_by_letters_and_the_fuller_one_wins) {
  EXPECT_EQ(packets({"-x"}).dump, PacketsDump::hex);
  EXPECT_EQ(packets({"-xx"}).dump, PacketsDump::hex_with_link);
  EXPECT_EQ(packets({"-XX"}).dump, PacketsDump::hex_ascii_with_link);
  EXPECT_EQ(packets({"-A"}).dump, PacketsDump::ascii);
  EXPECT_EQ(packets({"-AAx"}).dump, PacketsDump::hex);
  EXPECT_EQ(packets({"-xX"}).dump, PacketsDump::hex_ascii);
}

TEST(PacketsCommandLine, words_after_two_dashes_are_a_command) {
  const PacketsOptions options = packets({"-i", "lo", "tcp", "port", "80", "--", "curl", "-s", "http://a"});
  EXPECT_EQ(options.expression, "tcp port 80");
  EXPECT_EQ(options.command, (Words{"curl", "-s", "http://a"}));
  EXPECT_TRUE(contains(refusal({"-i", "lo", "--"}), "the command to run"));
}

TEST(PacketsCommandLine, hooks_are_a_list_in_the_order_given) {
  EXPECT_EQ(packets({"-i", "lo", "--hook", "xdp,tc"}).hooks, (std::vector{Hook::xdp, Hook::tc}));
  EXPECT_EQ(packets({"--hook", "cgroup", "--hook", "cgroup"}).hooks, std::vector{Hook::cgroup});
  EXPECT_TRUE(contains(refusal({"--hook", "tcp"}), "did you mean 'tc'?"));
  EXPECT_TRUE(contains(refusal({"--hook", "cgroup", "-i", "lo"}), "leave out -i"));
}

TEST(PacketsCommandLine, a_file_alone_is_silent_and_print_shows_its_packets) {
  EXPECT_EQ(packets({"-w", "a"}).output, PacketsOutput::none);
  EXPECT_EQ(packets({"-w", "a", "--print"}).output, PacketsOutput::text);
  EXPECT_EQ(packets({"-w", "a", "--print", "-o", "json"}).output, PacketsOutput::json);
  EXPECT_TRUE(contains(refusal({"-w", "a", "-o", "json"}), "add --print"));
  EXPECT_TRUE(contains(refusal({"-w", "-", "--print"}), "both write to stdout"));
}

TEST(PacketsCommandLine, the_name_or_the_option_makes_plain_pcap) {
  EXPECT_TRUE(packets({"-w", "a.pcap"}).pcap);
  EXPECT_FALSE(packets({"-w", "a.pcapng"}).pcap);
  EXPECT_FALSE(packets({"-w", "a"}).pcap);
  EXPECT_TRUE(packets({"-w", "a", "--pcap"}).pcap);
}

TEST(PacketsCommandLine, rotation_takes_tcpdumps_sizes) {
  const PacketsOptions options = packets({"-w", "a", "-C", "2", "-W", "3", "-z", "gzip"});
  EXPECT_EQ(options.rotate_bytes, 2'000'000u);
  EXPECT_EQ(options.rotate_files, 3u);
  EXPECT_EQ(options.rotate_command, "gzip");
  EXPECT_EQ(packets({"-w", "a", "-C", "2k"}).rotate_bytes, 2048u);
  EXPECT_EQ(packets({"-w", "a", "-C1M"}).rotate_bytes, 1u << 20);
  EXPECT_EQ(packets({"-w", "a", "-C1G"}).rotate_bytes, 1u << 30);
  EXPECT_EQ(packets({"-w", "a%S", "-G", "60"}).rotate_seconds, 60u);
  for (const char* wrong : {"0", "x", "1T", "-1", "99999999999999999999", "9999999999999G", "K"})
    EXPECT_TRUE(contains(refusal({"-w", "a", "-C", wrong}), "a file size is")) << wrong;
  EXPECT_TRUE(contains(refusal({"-C", "1"}), "-w"));
  EXPECT_TRUE(contains(refusal({"-w", "a", "-W", "2"}), "-C or -G"));
  EXPECT_TRUE(contains(refusal({"-w", "a", "-z", "gzip"}), "-C or -G"));
  EXPECT_TRUE(contains(refusal({"-w", "-", "-C", "1"}), "need files"));
}

TEST(PacketsCommandLine, numbers_have_bounds_that_are_told) {
  EXPECT_EQ(packets({"-s", "96"}).snap_bytes, 96u);
  EXPECT_TRUE(contains(refusal({"-s", "262145"}), "from 0 to 262144"));
  EXPECT_EQ(packets({"-B", "4096"}).buffer_bytes, 4096u * 1024);
  EXPECT_TRUE(contains(refusal({"-B", "0"}), "from 1"));
  EXPECT_TRUE(contains(refusal({"-c", "0"}), "from 1"));
  EXPECT_EQ(packets({"--for", "1.5s"}).duration, 1500ms);
}

TEST(PacketsCommandLine, times_are_micro_or_nano) {
  EXPECT_TRUE(packets({"--nano"}).nanoseconds);
  EXPECT_TRUE(packets({"--time-stamp-precision=nano"}).nanoseconds);
  EXPECT_TRUE(packets({"--time-stamp-precision", "micro"}).microseconds);
  EXPECT_TRUE(contains(refusal({"--nano", "--micro"}), "contradict"));
}

TEST(PacketsCommandLine, the_filters_program_has_four_forms) {
  EXPECT_EQ(packets({"-d", "tcp"}).listing, PacketsListing::classic);
  EXPECT_EQ(packets({"-dd"}).listing, PacketsListing::c_array);
  EXPECT_EQ(packets({"-ddd"}).listing, PacketsListing::numbers);
  EXPECT_EQ(packets({"--ebpf"}).listing, PacketsListing::ebpf);
  EXPECT_EQ(packets({"-d", "--ebpf"}).listing, PacketsListing::ebpf);
  EXPECT_TRUE(contains(refusal({"-dd", "--ebpf"}), "give one"));
  EXPECT_TRUE(contains(refusal({"-d", "-w", "a"}), "leave out -w"));
}

TEST(PacketsCommandLine, only_one_filter_can_be_given) {
  EXPECT_EQ(packets({"-F", "f"}).expression_file, "f");
  EXPECT_TRUE(contains(refusal({"-F", "f", "tcp"}), "-F"));
  EXPECT_TRUE(contains(refusal({"--classic", "f", "tcp"}), "--classic"));
  EXPECT_TRUE(contains(refusal({"--classic", "f", "-F", "g"}), "--classic"));
}

TEST(PacketsCommandLine, a_capture_refuses_what_is_for_live_runs) {
  for (const Words& live : {Words{"-i", "lo"}, Words{"--once"}, Words{"--netns", "a"}, Words{"--hook", "tc"},
                            Words{"--vlan-transparent"}, Words{"--", "ls"}}) {
    Words words{"-r", "a"};
    words.insert(words.end(), live.begin(), live.end());
    EXPECT_NE(refusal(words), "accepted") << live[0];
  }
  EXPECT_TRUE(contains(refusal({"-r", "-", "-r", "-"}), "one standard input"));
  EXPECT_TRUE(contains(refusal({"-r", "-", "-F", "-"}), "standard input"));
  EXPECT_EQ(packets({"-r", "a", "-Q", "in"}).direction, PacketsDirection::in);
}

TEST(PacketsCommandLine, once_needs_hooks_that_tell_the_buffer) {
  EXPECT_TRUE(packets({"--once", "--hook", "xdp,tc,cgroup"}).once);
  EXPECT_TRUE(contains(refusal({"--once", "--hook", "tc,socket"}), "--hook socket does not tell"));
}

TEST(PacketsCommandLine, letters_without_a_meaning_here_are_taken) {
  EXPECT_EQ(packets({"-pfnn", "--immediate-mode", "-r", "a"}).captures, Words{"a"});
}

TEST(PacketsCommandLine, tcpdumps_other_letters_are_refused_with_the_reason) {
  for (const Words& words :
       {Words{"-I"}, Words{"-y", "EN10MB"}, Words{"-L"}, Words{"-Z", "root"}, Words{"-O"},
        Words{"-V", "list"}, Words{"--count"}, Words{"-J"}, Words{"-j", "host"}})
    EXPECT_TRUE(contains(refusal(words), "tcpdump's " + words[0] + " is not taken: ")) << refusal(words);
  EXPECT_TRUE(contains(refusal({"--onec"}), "did you mean '--once'?"));
}

TEST(PacketsCommandLine, names_are_asked_for_unless_a_letter_says_no) {
  EXPECT_FALSE(packets({}).names);
  EXPECT_TRUE(packets({"-N"}).names);
  EXPECT_FALSE(packets({"-nN"}).names);
}

TEST(PacketsCommandLine, owner_lists_are_those_of_flows) {
  const PacketsOptions options = packets({"--comm", "nginx,!curl", "--pid", "12"});
  EXPECT_EQ(options.comm.names, Words{"nginx"});
  EXPECT_EQ(options.comm.excluded, Words{"curl"});
  EXPECT_EQ(options.pid.names, Words{"12"});
}

}  // namespace
}  // namespace weir::config
