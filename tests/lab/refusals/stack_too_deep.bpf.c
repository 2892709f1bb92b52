// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: stack_too_deep
// says: bytes of stack: stack_too_deep
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int inner(int number) {
  volatile char bytes[400] = {};
  bytes[number & 127] = 1;
  return bytes[number & 63];
}

SEC("xdp")
int stack_too_deep(struct xdp_md* ctx) {
  volatile char bytes[300] = {};
  bytes[ctx->rx_queue_index & 127] = 1;
  return inner(bytes[5]) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
