// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: unknown_helper
// says: this kernel has no helper number 100000
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static long (*helper_of_tomorrow)(void) = (void*)100000;

SEC("xdp")
int unknown_helper(struct xdp_md* ctx) {
  return helper_of_tomorrow() ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
