// SPDX-License-Identifier: Apache-2.0
#include "identity/process_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

namespace weir::identity {
namespace {

const std::string kId(64, 'a');

TEST(Container, is_found_in_every_usual_layout) {
  EXPECT_EQ(container_of("/docker/" + kId), kId);
  EXPECT_EQ(container_of("/system.slice/docker-" + kId + ".scope"), kId);
  EXPECT_EQ(container_of("/kubepods/besteffort/pod1234-56/" + kId), kId);
  EXPECT_EQ(container_of("/kubepods.slice/kubepods-pod1_2.slice/cri-containerd-" + kId + ".scope"), kId);
  EXPECT_EQ(container_of("/machine.slice/libpod-" + kId + ".scope/container"), kId);
}

TEST(Container, is_absent_where_no_component_has_64_digits) {
  EXPECT_EQ(container_of("/"), "");
  EXPECT_EQ(container_of("/system.slice/ssh.service"), "");
  EXPECT_EQ(container_of("/docker/" + kId.substr(1)), "");
  EXPECT_EQ(container_of("/docker/" + kId + "a"), "");
}

TEST(StartTicks, are_read_behind_a_name_with_spaces_and_brackets) {
  EXPECT_EQ(start_ticks("7 (a b) c)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20"), 4711u);
}

TEST(StartTicks, are_0_for_text_of_another_form) {
  EXPECT_EQ(start_ticks(""), 0u);
  EXPECT_EQ(start_ticks("7 (a"), 0u);
  EXPECT_EQ(start_ticks("7 (a) S 1 2"), 0u);
}

socket_owner self(uint64_t start_ns) {
  socket_owner owner{};
  owner.pid = static_cast<uint32_t>(getpid());
  owner.uid = 12;
  owner.start_ns = start_ns;
  std::memcpy(owner.comm, "cut_by_kernel__", 16);
  return owner;
}

uint64_t own_start_ns() {
  std::ifstream file("/proc/self/stat");
  std::stringstream text;
  text << file.rdbuf();
  return start_ticks(text.str()) * (1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK))) + 1;
}

TEST(ProcessTable, names_a_living_process_by_its_executable) {
  ProcessTable table(-1);
  const auto process = table.resolve(self(own_start_ns()));
  EXPECT_EQ(process->executable, "identity_test");
  EXPECT_EQ(process->comm, "cut_by_kernel__");
  EXPECT_EQ(process->uid, 12u);
  EXPECT_EQ(table.unreadable(), 0u);
}

TEST(ProcessTable, does_not_take_a_reused_pid_for_the_process) {
  ProcessTable table(-1);
  const auto process = table.resolve(self(1));
  EXPECT_EQ(process->executable, "cut_by_kernel__");
  EXPECT_EQ(table.unreadable(), 1u);
}

}  // namespace
}  // namespace weir::identity
