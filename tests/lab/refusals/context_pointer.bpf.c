// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: context_pointer
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int context_pointer(struct xdp_md* ctx) {
  __u32 index = ctx->rx_queue_index & 1;
  __u32* fields = (__u32*)ctx;
  return fields[3 + index] ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
