/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Both ways at tc: what arrives and what leaves, by protocol. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct traffic {
  __u64 packets;
  __u64 octets;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u8); /* IPPROTO_... */
  __type(value, struct traffic);
} arrived SEC(".maps"), left SEC(".maps");

static __always_inline int count(struct __sk_buff* skb, void* map) {
  struct iphdr* ip = (void*)(long)skb->data + ETH_HLEN;
  if (skb->protocol != bpf_htons(ETH_P_IP) || (void*)(ip + 1) > (void*)(long)skb->data_end)
    return TC_ACT_UNSPEC;
  const __u8 protocol = ip->protocol;
  const struct traffic none = {};
  struct traffic* traffic = bpf_map_lookup_elem(map, &protocol);
  if (!traffic) {
    bpf_map_update_elem(map, &protocol, &none, BPF_NOEXIST);
    traffic = bpf_map_lookup_elem(map, &protocol);
  }
  if (!traffic) return TC_ACT_UNSPEC;
  __sync_fetch_and_add(&traffic->packets, 1);
  __sync_fetch_and_add(&traffic->octets, skb->len);
  return TC_ACT_UNSPEC; /* the next program decides */
}

SEC("tc/ingress")
int at_ingress(struct __sk_buff* skb) {
  return count(skb, &arrived);
}

SEC("tc/egress")
int at_egress(struct __sk_buff* skb) {
  return count(skb, &left);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
