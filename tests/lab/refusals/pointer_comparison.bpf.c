// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: pointer_comparison
// capabilities: bpf net_admin
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int comparison(struct xdp_md* ctx) {
  long data = (long)ctx->data;
  int more = 0;
  asm volatile("if %1 s> 5 goto +1; %0 = 1" : "+r"(more) : "r"(data));  // here
  return more ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
