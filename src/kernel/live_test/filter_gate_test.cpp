// SPDX-License-Identifier: Apache-2.0
#include "kernel/filter_gate.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "kernel/flows_object.h"
#include "kernel/tiny_program.h"

namespace weir::kernel {
namespace {

int32_t pass_value(FilterPlace place) {
  switch (place) {
    case FilterPlace::xdp:
      return 2;  // XDP_PASS
    case FilterPlace::tc:
    case FilterPlace::tc_layer3:
      return -1;  // TC_ACT_UNSPEC
    case FilterPlace::cgroup:
      return 1;
    case FilterPlace::socket:
      return 0;
  }
  return 0;
}

/// Every packet goes on to the program.
std::vector<bpf_insn> let_in(const FilterRequest& request) {
  return {load_map(BPF_REG_2, request.prog_array_fd),
          second_half(),
          move_constant(BPF_REG_3, 0),
          call_helper(BPF_FUNC_tail_call),
          move_constant(BPF_REG_0, pass_value(request.place)),
          leave()};
}

/// What no verifier takes: R0 was never set.
std::vector<bpf_insn> unfinished() {
  return {leave()};
}

FlowsObject::Plan plan_for_a_socket(FilterMaker make) {
  FlowsObject::Plan plan;
  plan.socket = true;
  plan.filter = std::move(make);
  return plan;
}

TEST(FilterGate, stands_before_each_program_of_the_hooks_that_are_asked_for) {
  std::vector<std::pair<FilterPlace, Traffic>> asked;
  FlowsObject::Plan plan = plan_for_a_socket([&asked](const FilterRequest& request) {
    asked.emplace_back(request.place, request.traffic);
    return base::Result<std::vector<bpf_insn>>(let_in(request));
  });
  plan.xdp = true;
  const auto loaded = FlowsObject::load(plan);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(asked, (std::vector<std::pair<FilterPlace, Traffic>>{{FilterPlace::xdp, Traffic::ingress},
                                                                 {FilterPlace::socket, Traffic::ingress}}));
}

TEST(FilterGate, is_made_by_helpers_where_the_verifier_refuses_the_other_form) {
  std::vector<bool> asked;
  const auto loaded = FlowsObject::load(plan_for_a_socket([&asked](const FilterRequest& request) {
    asked.push_back(request.direct_access);
    return base::Result<std::vector<bpf_insn>>(request.direct_access ? unfinished() : let_in(request));
  }));
  EXPECT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(asked, (std::vector{true, false}));
}

TEST(FilterGate, that_the_verifier_refuses_in_every_form_is_a_wrong_filter_with_its_reason) {
  const auto loaded = FlowsObject::load(plan_for_a_socket(
      [](const FilterRequest&) { return base::Result<std::vector<bpf_insn>>(unfinished()); }));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, base::ErrorKind::bad_input);
  EXPECT_NE(loaded.error().message.find("the kernel refuses the filter at a packet socket"),
            std::string::npos)
      << loaded.error().message;
  EXPECT_NE(loaded.error().message.find("R0 !read_ok"), std::string::npos) << loaded.error().message;
}

TEST(FilterGate, hands_on_why_no_filter_was_made) {
  const auto loaded =
      FlowsObject::load(plan_for_a_socket([](const FilterRequest&) -> base::Result<std::vector<bpf_insn>> {
        return base::fail(base::ErrorKind::bad_input, "'word' is none");
      }));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message, "'word' is none");
}

}  // namespace
}  // namespace weir::kernel
