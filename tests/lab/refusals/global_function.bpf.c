// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: global_function
// says: the verifier went through global by itself
// since: 6.1
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int global(struct xdp_md* ctx, __u64* count) {
  *count += ctx->rx_queue_index;  // here
  return 0;
}

SEC("xdp")
int global_function(struct xdp_md* ctx) {
  __u64 count = 0;
  return global(ctx, &count) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
