// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: map_value_bounds
// says: the value has 64 bytes, the access may reach bytes 64 to 71
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 totals[8];

SEC("xdp")
int index_of_array(struct xdp_md* ctx) {
  __u32 index = ctx->rx_queue_index;
  if (index > 8) return XDP_PASS;
  totals[index]++;  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
