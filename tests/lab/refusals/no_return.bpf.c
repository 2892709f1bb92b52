// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: uninitialised_register
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

// clang -Wreturn-type says it first.
SEC("xdp")
int no_return(struct xdp_md* ctx) {
  if (ctx->rx_queue_index == 3) asm volatile("");
}  // warned

char LICENSE[] SEC("license") = "GPL";
