// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: unreachable
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int unreachable(struct xdp_md* ctx) {
  asm volatile("goto +1; r0 = 5; r0 = 6" ::: "r0");  // near
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
