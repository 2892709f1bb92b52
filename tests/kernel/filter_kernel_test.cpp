// SPDX-License-Identifier: Apache-2.0
// Every generated filter loads on this kernel, at every hook; in each of the forms that stand by, one of six
// does (all with WEIR_CHECK_ALL=1): under an emulated processor a verifier takes its time.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "filter/expression.h"
#include "tests/kernel/filter_expressions.h"
#include "tests/kernel/filter_program.h"

namespace weir::tests {
namespace {

using filter::EbpfTarget;
using filter::Expression;
using filter::FirstHeader;
using filter::Hook;

constexpr Hook kHooks[] = {Hook::xdp, Hook::tc_ethernet, Hook::tc_raw, Hook::cgroup_skb, Hook::socket};

class filter_in_kernel : public testing::Test {
 protected:
  void SetUp() override {
    if (!may_load_programs()) GTEST_SKIP() << "no program may be loaded: needs CAP_BPF and CAP_NET_ADMIN";
  }

  static FirstHeader first_of(Hook hook) {
    return filter::has_ethernet_header(hook) ? FirstHeader::ethernet : FirstHeader::ip;
  }

  /// Loads the program in every form that a target can ask for, at every hook.
  void load_all(filter::ClassicSpan program, const std::string& name) {
    for (const Hook hook : kHooks) load_forms(program, hook, name);
  }

  void load_forms(filter::ClassicSpan program, Hook hook, const std::string& name) {
    EbpfTarget target = verdict_target(hook);
    load(program, target, name);
    target.direct_access = false;
    load(program, target, name + " by helper");
    target.direct_access = true;
    if (hook == Hook::xdp && target.xdp_load_bytes) {
      target.xdp_load_bytes = false;
      load(program, target, name + " without helper");
    }
    if (hook == Hook::tc_ethernet || hook == Hook::socket) {
      target.vlan_transparent = true;
      load(program, target, name + " transparent");
    }
  }

  /// As it is attached, and one of the other forms now and then.
  void load_some_forms(filter::ClassicSpan program, Hook hook, const std::string& name, size_t number) {
    static const bool all = std::getenv("WEIR_CHECK_ALL") != nullptr;
    if (all || number % 6 == static_cast<size_t>(hook)) return load_forms(program, hook, name);
    load(program, verdict_target(hook), name);
  }

  void load(filter::ClassicSpan program, const EbpfTarget& target, const std::string& name) {
    const FilterProgram loaded(program, target);
    ASSERT_EQ(loaded.failure(), "") << name << " at " << name_of(target.hook);
    most_instructions = std::max(most_instructions, loaded.instructions());
    ++programs;
  }

  size_t programs = 0, most_instructions = 0;
};

TEST_F(filter_in_kernel, every_expression_loads_at_every_hook) {
  size_t number = 0;
  for (const std::string& text : filter_expressions()) {
    ++number;
    for (const Hook hook : kHooks) {
      const auto expression = Expression::compile_for_hook(text, first_of(hook));
      if (!expression) {
        ASSERT_EQ(first_of(hook), FirstHeader::ip) << expression.error().message;
        continue;
      }
      load_some_forms(expression->classic(), hook, "'" + text + "'", number);
      if (HasFatalFailure()) return;
    }
  }
  std::printf("%zu programs loaded; the longest has %zu instructions\n", programs, most_instructions);
}

TEST_F(filter_in_kernel, an_or_of_hundreds_of_hosts_loads) {
  std::string text = "dst host 10.0.0.1";
  for (int i = 2; i <= 240; ++i) text += " or dst host 10.0.0." + std::to_string(i);
  const auto expression = Expression::compile_for_hook(text, FirstHeader::ethernet);
  ASSERT_TRUE(expression.has_value()) << expression.error().message;
  EXPECT_GT(expression->classic().size(), 240u);
  for (const Hook hook : {Hook::xdp, Hook::tc_ethernet, Hook::socket})
    load_forms(expression->classic(), hook, "240 hosts");
  std::printf("%zu classic instructions, at most %zu of eBPF\n", expression->classic().size(),
              most_instructions);
}

TEST_F(filter_in_kernel, the_longest_program_loads) {
  filter::ClassicProgram program;
  program.push_back({BPF_LD | BPF_W | BPF_ABS, 0, 0, 26});
  while (program.size() < filter::kMostClassicInstructions - 2) {
    const auto left = filter::kMostClassicInstructions - 2 - program.size();
    // A way out within reach of the jumps before it.
    if (program.size() % 200 == 0) {
      program.push_back({BPF_JMP | BPF_JA, 0, 0, 1});
      program.push_back({BPF_RET | BPF_K, 0, 0, 1});
      continue;
    }
    const auto to_exit = static_cast<uint8_t>(200 - program.size() % 200);
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint8_t>(std::min<size_t>(to_exit, left)), 0,
                       static_cast<uint32_t>(0x0a000000 + program.size())});
  }
  while (program.size() < filter::kMostClassicInstructions - 1)
    program.push_back({BPF_MISC | BPF_TAX, 0, 0, 0});
  program.push_back({BPF_RET | BPF_K, 0, 0, 0});
  ASSERT_TRUE(filter::check_classic(program).has_value());
  load_all(program, "4096 instructions");
  std::printf("%zu classic instructions, at most %zu of eBPF\n", program.size(), most_instructions);
}

TEST_F(filter_in_kernel, loads_by_x_in_great_number_are_accepted_through_the_helper) {
  filter::ClassicProgram program;
  program.push_back({BPF_LDX | BPF_MSH | BPF_B, 0, 0, 14});
  while (program.size() < filter::kMostClassicInstructions - 1)
    program.push_back({BPF_LD | BPF_H | BPF_IND, 0, 0, static_cast<uint32_t>(program.size() % 60)});
  program.push_back({BPF_RET | BPF_A, 0, 0, 0});
  EbpfTarget target = verdict_target(Hook::cgroup_skb);
  target.direct_access = false;
  load(program, target, "4094 loads by X");
}

TEST_F(filter_in_kernel, the_tail_call_goes_on_and_without_a_program_the_packet_passes) {
  const auto expression = Expression::compile_for_hook("udp", FirstHeader::ethernet);
  ASSERT_TRUE(expression.has_value());
  const EbpfTarget verdicts = verdict_target(Hook::tc_ethernet);
  const FilterProgram filter(expression->classic(), verdicts);
  ASSERT_EQ(filter.failure(), "");
  const Bytes udp = (Ethernet{} / IPv4{} / UDP{} / Payload{20}).bytes();
  const Bytes tcp = (Ethernet{} / IPv4{} / TCP{} / Payload{20}).bytes();
  EXPECT_EQ(filter.matches(udp), true);
  EXPECT_EQ(filter.matches(tcp), false);
  // Through the program that strips a tag and goes on by tail call: a tagged frame is no "udp".
  EXPECT_EQ(filter.matches(udp, {0x8100, 7}), false);
}

}  // namespace
}  // namespace weir::tests
