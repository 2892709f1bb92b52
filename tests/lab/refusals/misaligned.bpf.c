// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: misaligned
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int misaligned(struct xdp_md* ctx) {
  char bytes[16] = {};
  asm volatile("*(u64 *)(%0 + 3) = %1" ::"r"(bytes), "r"((long)ctx->rx_queue_index) : "memory");  // here
  return bytes[4] ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
