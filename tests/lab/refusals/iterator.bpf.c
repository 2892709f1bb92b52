// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: iterator
// since: 6.4
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_iter_num {
  __u64 opaque[1];
} __attribute__((aligned(8)));
extern int* bpf_iter_num_next(struct bpf_iter_num* it) __ksym;

SEC("xdp")
int iterator(struct xdp_md* ctx) {
  struct bpf_iter_num numbers = {};
  return bpf_iter_num_next(&numbers) ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
