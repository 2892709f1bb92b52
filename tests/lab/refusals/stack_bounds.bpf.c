// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: stack_bounds
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int stack_bounds(struct xdp_md* ctx) {
  char bytes[16] = {};
  asm volatile("" ::"r"(bytes) : "memory");
  return bytes[ctx->rx_queue_index] ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
