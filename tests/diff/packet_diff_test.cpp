// SPDX-License-Identifier: Apache-2.0
// The native parser equals the kernel's, field by field: on mutated frames, and on all that $WEIR_CAPTURES
// holds.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>

#include "decode/packet.h"
#include "packet/link.h"
#include "tests/kernel/parse_probe_run.h"
#include "tests/packet_cases.h"
#include "tests/packet_text.h"

namespace weir::tests {
namespace {

constexpr size_t kMutatedFrames = 24'000;
constexpr size_t kLongestFrame = 3000;  // what a test run of XDP takes lies between 3,200 and 3,600 bytes

class packet_diff : public testing::Test {
 protected:
  static void SetUpTestSuite() { probe = std::make_unique<ParseProbe>(); }
  static void TearDownTestSuite() { probe.reset(); }
  void SetUp() override {
    if (probe->denied()) GTEST_SKIP() << probe->failure() << "; needs CAP_BPF and CAP_NET_ADMIN";
    ASSERT_EQ(probe->failure(), "");
    taken.assign(probe->programs().size(), 0);
    plain_before = probe->plain();
    results.fill(0);
  }

  /// Compares every program of that link with the native parser.
  void compare(const Bytes& frame, int link) {
    const auto bytes = static_cast<uint32_t>(frame.size());
    for (size_t i = 0; i < probe->programs().size(); ++i) {
      const ParseProgram& program = probe->programs()[i];
      if (program.link != link) continue;
      const ParseRun run = probe->run(program, frame);
      if (run.error == EINVAL) continue;  // too short for a test run: counted by what was taken
      ASSERT_EQ(run.error, 0) << program.name;
      ++taken[i];
      packet_info info;
      const packet_result result =
          decode::parse_packet(link, frame.data(), bytes, bytes, program.decapsulate, info);
      ++results[result];
      ASSERT_EQ(run.found.result, result) << program.name << '\n' << hex(frame);
      if (std::memcmp(&info, &run.found.info, sizeof info) == 0) continue;
      ASSERT_EQ(packet_text(run.found.info), packet_text(info)) << program.name << '\n' << hex(frame);
    }
  }

  static std::string hex(const Bytes& frame) {
    std::string text;
    for (uint8_t byte : frame) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", byte);
      text += digits;
    }
    return text;
  }

  static std::unique_ptr<ParseProbe> probe;
  std::vector<size_t> taken;  // frames by program
  uint32_t plain_before = 0;
  std::array<size_t, PACKET_RESULTS> results;  // comparisons by result
};
std::unique_ptr<ParseProbe> packet_diff::probe;

/// Frames of the table, each with a few of its bytes changed, cut, or something put in.
class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed), cases_(packet_cases()) {}

  Bytes next() {
    Bytes frame = cases_[below(cases_.size())].frame;
    for (size_t changes = below(4); changes > 0; --changes) change(frame);
    if (frame.size() > kLongestFrame) frame.resize(kLongestFrame);
    return frame;
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }

  void change(Bytes& frame) {
    static constexpr uint16_t kTypes[] = {0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8864, 0x6558};
    static constexpr uint8_t kProtocols[] = {0,  1,  4,  6,  17, 41,  43,  44,  47,
                                             50, 51, 58, 59, 60, 132, 135, 139, 140};
    if (frame.empty()) {
      frame.resize(below(60));
      return;
    }
    const size_t at = below(std::min<size_t>(frame.size(), 120));
    switch (below(7)) {
      case 0:
        frame[at] = static_cast<uint8_t>(random_());
        break;
      case 1:
        frame[at] ^= static_cast<uint8_t>(1u << below(8));
        break;
      case 2:
        frame.resize(at);
        break;
      case 3:
        frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(at), 1 + below(12), frame[at]);
        break;
      case 4:
        frame[at] = kProtocols[below(std::size(kProtocols))];
        break;
      case 5:
        if (at + 1 < frame.size()) {
          const uint16_t type = kTypes[below(std::size(kTypes))];
          frame[at] = static_cast<uint8_t>(type >> 8);
          frame[at + 1] = static_cast<uint8_t>(type);
        }
        break;
      default: {
        const Bytes& other = cases_[below(cases_.size())].frame;
        frame.resize(at);
        put(frame, other);
      }
    }
  }

  std::mt19937 random_;
  std::vector<PacketCase> cases_;
};

TEST_F(packet_diff, mutated_frames_are_parsed_alike) {
  Mutator mutator(20261121);
  for (size_t i = 0; i < kMutatedFrames; ++i) {
    const Bytes frame = mutator.next();
    for (int link : {PACKET_LINK_ETHERNET, PACKET_LINK_IP}) {
      compare(frame, link);
      if (HasFatalFailure()) return;
    }
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    EXPECT_GT(taken[i], kMutatedFrames / 2) << probe->programs()[i].name;
    std::printf("%-16s %zu frames\n", probe->programs()[i].name, taken[i]);
  }
  const uint32_t plain = probe->plain() - plain_before;
  std::printf("%u by the short way in front of the parser\n", plain);
  EXPECT_GT(plain, kMutatedFrames);
  for (int result = 0; result < PACKET_RESULTS; ++result) {
    const auto kind = static_cast<packet_result>(result);
    if (kind == PACKET_UNKNOWN_LINK) continue;  // no program has an unknown link
    EXPECT_GT(results[static_cast<size_t>(result)], 0u) << decode::to_string(kind);
    std::printf("%-42s %zu comparisons\n", decode::to_string(kind), results[static_cast<size_t>(result)]);
  }
}

TEST_F(packet_diff, captured_frames_are_parsed_alike) {
  const char* folder = std::getenv("WEIR_CAPTURES");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_CAPTURES names no folder of captures";
  size_t files = 0, frames = 0, other_links = 0, unread = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    char error[PCAP_ERRBUF_SIZE];
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
        pcap_open_offline(entry.path().c_str(), error), pcap_close);
    if (capture == nullptr) {
      ++unread;
      continue;
    }
    const std::optional<int> link = decode::packet_link(static_cast<uint32_t>(pcap_datalink(capture.get())));
    if (link != PACKET_LINK_ETHERNET && link != PACKET_LINK_IP) {
      ++other_links;
      continue;
    }
    ++files;
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (pcap_next_ex(capture.get(), &header, &data) == 1) {
      const Bytes frame(data, data + std::min<size_t>(header->caplen, kLongestFrame));
      compare(frame, *link);
      if (HasFatalFailure()) FAIL() << entry.path();
      ++frames;
    }
  }
  std::printf("%zu frames of %zu files compared; %zu files of other link types, %zu not read by libpcap\n",
              frames, files, other_links, unread);
  EXPECT_GT(frames, 0u);
}

}  // namespace
}  // namespace weir::tests
