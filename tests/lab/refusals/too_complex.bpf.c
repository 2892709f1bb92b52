// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: too_complex
// says: it came back most often to too_complex.bpf.c:
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int too_complex(struct xdp_md* ctx) {
  __u32 sum = 0;
  for (__u32 i = 0; i < 10000000; i++) {  // loop
    sum += i ^ ctx->rx_queue_index;
    asm volatile("" : "+r"(sum));
  }
  return sum & 1 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
