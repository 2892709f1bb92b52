// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: endless_loop
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int endless_loop(struct xdp_md* ctx) {
  for (;;) asm volatile("");  // here
}

char LICENSE[] SEC("license") = "GPL";
