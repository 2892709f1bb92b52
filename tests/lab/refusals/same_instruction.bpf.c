// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: mixed_pointers
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int mixed(struct xdp_md* ctx) {
  char bytes[8] = {};
  void* from = ctx;
  asm volatile("if %1 == 0 goto +1; %0 = %2" : "+r"(from) : "r"((long)ctx->rx_queue_index), "r"(bytes));
  return *(__u32*)from ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
