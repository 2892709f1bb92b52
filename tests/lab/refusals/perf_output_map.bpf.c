// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: wrong_map
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int perf_output(struct xdp_md* ctx) {
  __u64 record = 1;
  bpf_perf_event_output(ctx, &counts, BPF_F_CURRENT_CPU, &record, sizeof(record));  // here
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
