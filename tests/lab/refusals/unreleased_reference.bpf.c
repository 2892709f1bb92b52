// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: unreleased_reference
// says: it was taken at unreleased_reference.bpf.c
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp")
int unreleased(struct xdp_md* ctx) {
  __u64* record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);  // acquired
  if (!record) return XDP_PASS;
  *record = ctx->ingress_ifindex;
  if (*record == 7) return XDP_DROP;
  bpf_ringbuf_submit(record, 0);
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
