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

// clang deletes the check: by then the pointer has been used.
SEC("xdp")
int deleted_check(struct xdp_md* ctx) {
  __u32 key = ctx->ingress_ifindex;
  __u64* count = bpf_map_lookup_elem(&counts, &key);
  __u64 before = *count;           // here
  if (!count) return XDP_ABORTED;  // deleted
  *count = before + 1;
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
