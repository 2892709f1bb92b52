/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Drops what arrives from a card, from an address, or for a UDP or TCP port: what stands in a map, which
 * counts too. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u8[6]);
  __type(value, __u64);
} cards SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u8[4]);
  __type(value, __u64);
} addresses SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u16); /* of the destination, in this machine's byte order */
  __type(value, __u64);
} ports SEC(".maps");

static __always_inline int stands_in(void* map, const void* key) {
  __u64* dropped = bpf_map_lookup_elem(map, key);
  if (!dropped) return 0;
  __sync_fetch_and_add(dropped, 1);
  return 1;
}

SEC("xdp")
int drop(struct xdp_md* frame) {
  void* data = (void*)(long)frame->data;
  void* end = (void*)(long)frame->data_end;
  struct ethhdr* ethernet = data;
  struct iphdr* ip = (void*)(ethernet + 1);
  if ((void*)(ip + 1) > end) return XDP_PASS;
  if (stands_in(&cards, ethernet->h_source)) return XDP_DROP;
  if (ethernet->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (stands_in(&addresses, &ip->saddr)) return XDP_DROP;
  if (ip->protocol != IPPROTO_UDP && ip->protocol != IPPROTO_TCP) return XDP_PASS;
  struct udphdr* udp = (void*)ip + ip->ihl * 4; /* TCP's ports lie in the same place */
  if ((void*)(udp + 1) > end) return XDP_PASS;
  const __u16 port = bpf_ntohs(udp->dest);
  return stands_in(&ports, &port) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
