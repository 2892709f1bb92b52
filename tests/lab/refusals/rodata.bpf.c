// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: read_only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile __u32 limit = 10;

SEC("xdp")
int rodata(struct xdp_md* ctx) {
  __u32* number = (__u32*)&limit;
  asm volatile("" : "+r"(number));
  *number = ctx->rx_queue_index;  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
