// SPDX-License-Identifier: Apache-2.0
#include "kernel/load_log.h"

#include <gtest/gtest.h>

namespace weir::kernel {
namespace {

TEST(LoadLog, names_the_refused_program_and_the_verifiers_last_word) {
  LoadLog log(false);
  log.append("libbpf: prog 'weir_sk_files': BPF program load failed: Invalid argument\n");
  log.append(
      "; some source\n12: (85) call unknown#162\ninvalid func unknown#162\nprocessed 9 insns (limit)\n");
  log.append("libbpf: prog 'weir_sk_files': failed to load: -22\n");
  EXPECT_EQ(log.refused_program(), "weir_sk_files");
  EXPECT_EQ(log.last_line_in_brackets(), " (invalid func unknown#162)");
}

TEST(LoadLog, says_nothing_where_nothing_was_refused) {
  LoadLog log(false);
  log.append("libbpf: loaded kernel BTF from '/sys/kernel/btf/vmlinux'\n");
  EXPECT_EQ(log.refused_program(), "");
  EXPECT_EQ(log.last_line_in_brackets(), "");
}

TEST(LoadLog, keeps_a_bounded_text) {
  LoadLog log(false);
  const std::string line(100'000, 'x');
  for (int i = 0; i < 100; i++) log.append(line.c_str());
  EXPECT_EQ(log.refused_program(), "");
}

}  // namespace
}  // namespace weir::kernel
