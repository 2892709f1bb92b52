// SPDX-License-Identifier: Apache-2.0
#include "kernel/attachments.h"

#include <gtest/gtest.h>

#include <optional>

#include "kernel/live_test/network_namespace.h"
#include "kernel/tiny_program.h"

namespace weir::kernel {
namespace {

base::UniqueFd load(bpf_prog_type type, int32_t verdict) {
  auto program = load_tiny_program(
      {.type = type, .expected_attach_type = 0, .body = {}, .verdict = verdict, .name = "test_pass"});
  EXPECT_TRUE(program) << program.error().message;
  return program ? std::move(*program) : base::UniqueFd();
}

/// With what stands at packet sockets, which no list of programs shows.
std::string everything_at(const NetworkNamespace& space) {
  return space.everything_attached() + NetworkNamespace::run("wc -l < /proc/net/packet");
}

class attachments : public testing::Test {
 protected:
  void attach_everywhere() {
    const base::UniqueFd tc = load(BPF_PROG_TYPE_SCHED_CLS, -1);
    const base::UniqueFd xdp = load(BPF_PROG_TYPE_XDP, 2 /* XDP_PASS */);
    const base::UniqueFd socket = load(BPF_PROG_TYPE_SOCKET_FILTER, 0);
    for (const base::Result<>& attached : {held_->attach_tc(tc.get(), space_.ifindex(), Traffic::ingress),
                                           held_->attach_tc(tc.get(), space_.ifindex(), Traffic::egress),
                                           held_->attach_xdp(xdp.get(), space_.ifindex()),
                                           held_->attach_packet_socket(socket.get(), space_.ifindex())})
      ASSERT_TRUE(attached) << attached.error().message;
    EXPECT_NE(everything_at(space_), before_);
  }

  const NetworkNamespace space_;
  const std::string before_ = everything_at(space_);
  std::optional<Attachments> held_{std::in_place};
};

TEST_F(attachments, are_all_gone_when_detached_and_can_be_made_again) {
  for (int round = 0; round < 2; round++) {
    attach_everywhere();
    EXPECT_TRUE(held_->tc_hook() == "tcx" || held_->tc_hook() == "clsact") << held_->tc_hook();
    held_->detach();
    EXPECT_EQ(everything_at(space_), before_);
  }
  EXPECT_TRUE(held_->shortcomings().empty());
}

TEST_F(attachments, go_with_their_owner_and_not_with_what_it_was_moved_from) {
  attach_everywhere();
  const std::string with_all = everything_at(space_);
  std::optional<Attachments> later(std::move(*held_));
  held_.reset();
  EXPECT_EQ(everything_at(space_), with_all);
  later.reset();
  EXPECT_EQ(everything_at(space_), before_);
}

TEST_F(attachments, that_the_kernel_does_not_have_are_told_and_leave_nothing) {
  const base::UniqueFd socket = load(BPF_PROG_TYPE_SOCKET_FILTER, 0);
  const auto tracepoint = held_->attach_tracepoint(socket.get(), "syscalls", "sys_exit_nothing");
  ASSERT_FALSE(tracepoint);
  EXPECT_EQ(tracepoint.error().kind, base::ErrorKind::unsupported) << tracepoint.error().message;
  EXPECT_FALSE(held_->attach_packet_socket(socket.get(), 987654));
  EXPECT_FALSE(held_->attach_xdp(socket.get(), space_.ifindex()));
  EXPECT_EQ(everything_at(space_), before_);
}

}  // namespace
}  // namespace weir::kernel
