// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: jump_out_of_range
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int jump(struct xdp_md* ctx) {
  asm volatile("goto +5000");
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
