// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: section_name
// says: did you mean SEC("xdp")?
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("XDP")
int section_case(struct xdp_md* ctx) {
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
