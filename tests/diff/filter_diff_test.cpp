// SPDX-License-Identifier: Apache-2.0
// A filter gives libpcap's verdict at every hook and natively: on the table of packets, on mutated, cut and
// long ones, and on what $WEIR_CAPTURES holds (a sample; everything with WEIR_CHECK_ALL=1).
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>

#include "filter/expression.h"
#include "tests/kernel/filter_expressions.h"
#include "tests/kernel/filter_frames.h"
#include "tests/kernel/filter_oracle.h"
#include "tests/kernel/filter_program.h"

namespace weir::tests {
namespace {

using filter::EbpfTarget;
using filter::Hook;

std::string hex(const Bytes& frame) {
  std::string text;
  for (const uint8_t byte : frame) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

/// One way of running a filter, and how the target for it is made.
struct Way {
  const char* name;
  Hook hook;
  void (*change)(EbpfTarget&);
};

void as_it_is(EbpfTarget&) {}
void by_helper(EbpfTarget& target) {
  target.direct_access = false;
}
void without_xdp_helper(EbpfTarget& target) {
  target.xdp_load_bytes = false;
}

constexpr Way kWays[] = {
    {"xdp", Hook::xdp, as_it_is},
    {"xdp by helper", Hook::xdp, by_helper},
    {"xdp without helper", Hook::xdp, without_xdp_helper},
    {"tc", Hook::tc_ethernet, as_it_is},
    {"tc by helper", Hook::tc_ethernet, by_helper},
    {"socket", Hook::socket, as_it_is},
    {"socket by helper", Hook::socket, by_helper},
    {"cgroup_skb", Hook::cgroup_skb, as_it_is},
    {"cgroup_skb by helper", Hook::cgroup_skb, by_helper},
};

class filter_diff : public testing::Test {
 protected:
  void SetUp() override {
    if (!may_load_programs()) GTEST_SKIP() << "no program may be loaded: needs CAP_BPF and CAP_NET_ADMIN";
  }
};

/// A test run splits longer frames into fragments even for a program that is not loaded for them.
constexpr size_t kMostInOnePiece = 3000;

struct Count {
  size_t compared = 0, matched = 0, refused = 0;
};

TEST_F(filter_diff, every_hook_and_the_native_filter_give_libpcaps_verdict) {
  const std::vector<Bytes> frames = filter_frames();
  ASSERT_GT(frames.size(), 1000u);
  ASSERT_GE(filter_expressions().size(), 150u);
  std::vector<Count> counts(std::size(kWays));
  Count native;
  for (const std::string& text : filter_expressions()) {
    for (const bool ethernet : {true, false}) {
      const LibpcapFilter oracle(text, ethernet);
      if (!oracle.failure().empty()) continue;
      const auto first = ethernet ? filter::FirstHeader::ethernet : filter::FirstHeader::ip;
      auto expression = filter::Expression::compile_for_hook(text, first);
      if (!expression) {
        EXPECT_FALSE(ethernet) << expression.error().message;
        continue;
      }
      std::vector<std::pair<size_t, FilterProgram>> programs;
      for (size_t way = 0; way < std::size(kWays); ++way) {
        if (filter::has_ethernet_header(kWays[way].hook) != ethernet) continue;
        EbpfTarget target = verdict_target(kWays[way].hook);
        kWays[way].change(target);
        programs.emplace_back(way, FilterProgram(expression->classic(), target));
        ASSERT_EQ(programs.back().second.failure(), "") << kWays[way].name << " '" << text << "'";
      }
      const size_t cut = ethernet ? 0 : 14;
      for (const Bytes& whole : frames) {
        if (whole.size() < cut) continue;
        const Bytes frame(whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end());
        const auto bytes = static_cast<uint32_t>(frame.size());
        const bool wanted = oracle.matches(frame.data(), bytes, bytes);
        ++native.compared, native.matched += wanted;
        ASSERT_EQ(expression->matches(frame.data(), bytes, bytes), wanted) << text << '\n' << hex(frame);
        for (const auto& [way, program] : programs) {
          if (kWays[way].change == without_xdp_helper && frame.size() > kMostInOnePiece) continue;
          const std::optional<bool> found = program.matches(frame);
          if (!found) {
            ++counts[way].refused;
            continue;
          }
          ++counts[way].compared, counts[way].matched += *found;
          ASSERT_EQ(*found, wanted) << kWays[way].name << " '" << text << "'\n" << hex(frame);
        }
      }
    }
  }
  std::printf("%zu expressions, %zu frames\n", filter_expressions().size(), frames.size());
  std::printf("native                 %9zu compared, %9zu matched\n", native.compared, native.matched);
  for (size_t way = 0; way < std::size(kWays); ++way) {
    const Count& count = counts[way];
    std::printf("%-22s %9zu compared, %9zu matched, %zu not taken by the kernel\n", kWays[way].name,
                count.compared, count.matched, count.refused);
    EXPECT_GT(count.compared, count.refused * 2) << kWays[way].name;
    EXPECT_GT(count.matched, 0u) << kWays[way].name;
  }
}

TEST_F(filter_diff, a_stripped_vlan_tag_is_put_back_at_tc) {
  const std::vector<Bytes> frames = filter_frames();
  std::mt19937 random(7);
  Count put_back, left_out;
  for (const std::string& text : filter_expressions()) {
    const LibpcapFilter oracle(text, true);
    ASSERT_EQ(oracle.failure(), "") << text;
    EbpfTarget target = verdict_target(Hook::tc_ethernet);
    const FilterProgram program(oracle.classic(), target);
    ASSERT_EQ(program.failure(), "") << text;
    target.direct_access = false;
    const FilterProgram helper(oracle.classic(), target);
    ASSERT_EQ(helper.failure(), "") << text;
    target.vlan_transparent = true;
    const FilterProgram transparent(oracle.classic(), target);
    for (const Bytes& frame : frames) {
      if (frame.size() < 14 || random() % 4 != 0) continue;
      static constexpr uint16_t kProtocols[] = {0x8100, 0x88a8};
      const StrippedTag tag{kProtocols[random() % 2],
                            static_cast<uint16_t>(random() % 3 ? random() & 0xefff : 7)};
      Bytes wire(frame.begin(), frame.begin() + 12);
      put16(wire, tag.protocol), put16(wire, tag.tci);
      wire.insert(wire.end(), frame.begin() + 12, frame.end());
      const auto bytes = static_cast<uint32_t>(wire.size());
      const bool wanted = oracle.matches(wire.data(), bytes, bytes);
      for (const FilterProgram* one : {&program, &helper}) {
        const std::optional<bool> found = one->matches(frame, tag);
        if (!found) {
          ++put_back.refused;
          continue;
        }
        ++put_back.compared, put_back.matched += *found;
        ASSERT_EQ(*found, wanted) << (one == &helper ? "by helper '" : "'") << text << "'\n" << hex(wire);
      }
      const auto rest = static_cast<uint32_t>(frame.size());
      const std::optional<bool> found = transparent.matches(frame, tag);
      if (!found) continue;
      ++left_out.compared, left_out.matched += *found;
      ASSERT_EQ(*found, oracle.matches(frame.data(), rest, rest)) << "transparent '" << text << "'\n"
                                                                  << hex(frame);
    }
  }
  std::printf("put back %zu compared, %zu matched, %zu not taken; transparent %zu compared, %zu matched\n",
              put_back.compared, put_back.matched, put_back.refused, left_out.compared, left_out.matched);
  EXPECT_GT(put_back.matched, 0u);
  EXPECT_GT(left_out.compared, 10'000u);
}

}  // namespace
}  // namespace weir::tests
