// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: not_acquired
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp")
int released_twice(struct xdp_md* ctx) {
  __u64* record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
  if (!record) return XDP_PASS;
  *record = ctx->ingress_ifindex;
  bpf_ringbuf_submit(record, 0);
  bpf_ringbuf_discard(record, 0);  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
