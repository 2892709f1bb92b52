// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: map_refused
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 0);
  __type(key, __u32);
  __type(value, __u64);
} empty SEC(".maps");

SEC("xdp")
int map_refused(struct xdp_md* ctx) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&empty, &key) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
