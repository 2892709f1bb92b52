// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: packet_bounds
// says: the access ends at byte 14, the comparison with data_end has shown 13 bytes to be there
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int packet_end(struct xdp_md* ctx) {
  unsigned char* data = (void*)(long)ctx->data;
  unsigned char* end = (void*)(long)ctx->data_end;
  if (data + 13 > end) return XDP_PASS;
  return data[13] == 8 ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
