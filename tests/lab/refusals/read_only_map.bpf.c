// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: read_only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_RDONLY_PROG);
  __type(key, __u32);
  __type(value, __u64);
} settings SEC(".maps");

SEC("xdp")
int read_only_map(struct xdp_md* ctx) {
  __u32 key = 0;
  __u64* value = bpf_map_lookup_elem(&settings, &key);
  if (value) *value = 1;  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
