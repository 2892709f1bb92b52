// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: read_only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("cgroup_skb/egress")
int packet_read_only(struct __sk_buff* packet) {
  unsigned char* data = (void*)(long)packet->data;
  unsigned char* end = (void*)(long)packet->data_end;
  if (data + 20 > end) return 1;
  data[8] = 64;  // here
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
