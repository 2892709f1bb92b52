// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: helper_not_allowed
// says: bpf_skb_load_bytes is not for programs of type xdp
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int helper(struct xdp_md* ctx) {
  char byte = 0;
  bpf_skb_load_bytes(ctx, 0, &byte, 1);  // here
  return byte ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
