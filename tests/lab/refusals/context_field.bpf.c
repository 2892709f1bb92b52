// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: context_bounds
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("socket")
int context_field(struct __sk_buff* packet) {
  return packet->data_end - packet->data > 100;  // here
}

char LICENSE[] SEC("license") = "GPL";
