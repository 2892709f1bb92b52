// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: uninitialised_stack
// since: 6.12
// capabilities: bpf net_admin
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct key {
  __u16 port;  // two bytes follow that nobody writes
  __u32 address;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, struct key);
  __type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int uninitialised_stack(struct xdp_md* ctx) {
  struct key key;
  key.port = 80;
  key.address = ctx->rx_queue_index;
  return bpf_map_lookup_elem(&counts, &key) ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
