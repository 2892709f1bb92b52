// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: context_bounds
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int context_write(struct xdp_md* ctx) {
  ctx->ingress_ifindex = 1;  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
