// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: deleted_code
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

// clang -Wuninitialized says it first.
SEC("xdp")
int uninitialised_pointer(struct xdp_md* ctx) {
  __u64* count;
  *count = 1;  // warned
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
