// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: atomic
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int atomic(struct xdp_md* ctx) {
  unsigned char* data = (void*)(long)ctx->data;
  unsigned char* end = (void*)(long)ctx->data_end;
  if (data + 16 > end) return XDP_PASS;
  __sync_fetch_and_add((__u64*)data, 1);  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
