// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: endless_loop
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int loop_on_memory(struct xdp_md* ctx) {
  volatile __u32 round = 0;
  while (round < ctx->rx_queue_index) round++;  // busiest
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
