// SPDX-License-Identifier: Apache-2.0
#include "lab/kernel_features.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

namespace weir::lab {
namespace {

TEST(KernelFeatures, know_the_version_of_each_helper) {
  EXPECT_EQ(helper_since(BPF_FUNC_map_lookup_elem), "3.19");
  EXPECT_EQ(helper_since(BPF_FUNC_skb_load_bytes), "4.5");
  EXPECT_EQ(helper_since(BPF_FUNC_probe_read_kernel), "5.5");
  EXPECT_EQ(helper_since("bpf_ringbuf_output"), "5.8");
  EXPECT_EQ(helper_since("bpf_sock_from_file"), "5.11");
  EXPECT_EQ(helper_since("bpf_loop"), "5.17");
  EXPECT_EQ(helper_since("bpf_xdp_load_bytes"), "5.18");
  EXPECT_EQ(helper_since("bpf_user_ringbuf_drain"), "6.1");
  EXPECT_EQ(helper_since("bpf_nothing"), "");
  EXPECT_EQ(helper_since(0u), "");
  EXPECT_EQ(helper_since(99'999u), "");
}

}  // namespace
}  // namespace weir::lab
