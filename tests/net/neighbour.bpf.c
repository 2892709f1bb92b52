/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Somebody else's programs at Weir's hooks: each drops UDP datagrams to port 666 and lets everything else go
 * on. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Offsets from the IPv4 header, which has no options here. */
#define PROTOCOL 9
#define DESTINATION_PORT 22
#define UDP 17

static __always_inline int is_unwanted(const struct __sk_buff* skb, __u32 ip) {
  __u8 protocol = 0;
  __be16 port = 0;
  bpf_skb_load_bytes(skb, ip + PROTOCOL, &protocol, sizeof(protocol));
  bpf_skb_load_bytes(skb, ip + DESTINATION_PORT, &port, sizeof(port));
  return protocol == UDP && port == bpf_htons(666);
}

SEC("tc")
int neighbour_tc(struct __sk_buff* skb) {
  return is_unwanted(skb, 14) ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("cgroup_skb/egress")
int neighbour_cg(struct __sk_buff* skb) {
  return !is_unwanted(skb, 0);
}

SEC("xdp")
int neighbour_xdp(struct xdp_md* frame) {
  const __u8* data = (const __u8*)(long)frame->data;
  if (data + 14 + 24 > (const __u8*)(long)frame->data_end) return XDP_PASS;
  const __be16 port = *(const __be16*)(data + 14 + DESTINATION_PORT);
  return data[14 + PROTOCOL] == UDP && port == bpf_htons(666) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
