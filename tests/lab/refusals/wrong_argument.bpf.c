// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: wrong_argument
// says: it wants the address of memory
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int wrong_argument(struct xdp_md* ctx) {
  __u64* count = bpf_map_lookup_elem(&counts, (void*)(long)ctx->rx_queue_index);  // here
  return count ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
