// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: null_argument
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int null_argument(struct xdp_md* ctx) {
  __u32 key = ctx->ingress_ifindex;
  __u64* count = bpf_map_lookup_elem(&counts, &key);
  bpf_map_update_elem(&counts, &key, count, BPF_ANY);  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
