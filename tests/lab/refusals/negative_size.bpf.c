// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: unbounded_size
// says: R4 is argument 4 of bpf_skb_load_bytes
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int negative_size(struct __sk_buff* packet) {
  char bytes[64] = {};
  int length = (int)packet->mark;
  if (length > 64) return 0;
  bpf_skb_load_bytes(packet, 0, bytes, length);  // here
  return bytes[3];
}

char LICENSE[] SEC("license") = "GPL";
