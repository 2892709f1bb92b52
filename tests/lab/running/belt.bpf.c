/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A counter at each hook that packets pass. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

enum hook { XDP, TC_IN, TC_OUT, SOCKET, CGROUP };

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 5);
  __type(key, __u32);
  __type(value, __u64);
} packets SEC(".maps");

static __always_inline void count(__u32 hook) {
  __u64* value = bpf_map_lookup_elem(&packets, &hook);
  if (value) ++*value;
}

SEC("xdp")
int at_xdp(struct xdp_md* frame) {
  count(XDP);
  return XDP_PASS;
}

SEC("tc")
int at_tc_in(struct __sk_buff* packet) {
  count(TC_IN);
  return TC_ACT_UNSPEC;
}

SEC("tc/egress")
int at_tc_out(struct __sk_buff* packet) {
  count(TC_OUT);
  return TC_ACT_UNSPEC;
}

SEC("socket")
int at_socket(struct __sk_buff* packet) {
  count(SOCKET);
  return 0;
}

SEC("cgroup_skb/egress")
int at_cgroup(struct __sk_buff* packet) {
  count(CGROUP);
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
