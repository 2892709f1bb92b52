// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: tail_call_place
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u32);
} stages SEC(".maps");

static __attribute__((noinline)) int go_on(struct xdp_md* ctx, volatile char* bytes) {
  bpf_tail_call(ctx, &stages, bytes[3]);
  return bytes[4];
}

SEC("xdp")
int tail_call_place(struct xdp_md* ctx) {
  volatile char bytes[300] = {};
  bytes[ctx->rx_queue_index & 127] = 1;
  return go_on(ctx, bytes) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
