// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: packet_bounds
// says: no comparison with data_end came before
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int packet_bounds(struct xdp_md* ctx) {
  unsigned char* data = (void*)(long)ctx->data;
  return data[12] == 8 ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
