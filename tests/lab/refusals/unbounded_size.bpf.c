// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: unbounded_size
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int unbounded_size(struct __sk_buff* packet) {
  char bytes[64] = {};
  bpf_skb_load_bytes(packet, 0, bytes, packet->len - packet->mark);  // here
  return bytes[3];
}

char LICENSE[] SEC("license") = "GPL";
