// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: division_by_zero
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int division(struct xdp_md* ctx) {
  __u64 share = ctx->rx_queue_index;
  asm volatile("%0 /= 0" : "+r"(share));  // here
  return share ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
