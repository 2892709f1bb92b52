// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: null_pointer
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int arithmetic(struct xdp_md* ctx) {
  __u32 key = 0;
  char* value = bpf_map_lookup_elem(&counts, &key);
  value += 4;  // here
  asm volatile("" : "+r"(value));
  return value ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
