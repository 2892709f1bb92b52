// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: pointer_arithmetic
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int pointer(struct xdp_md* ctx) {
  long end = (long)ctx->data_end;
  asm volatile("%0 += 8" : "+r"(end));  // here
  return end ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
