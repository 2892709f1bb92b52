// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: uninitialised_register
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int uninitialised_register(struct xdp_md* ctx) {
  asm volatile("r0 = r7" ::: "r0");  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
