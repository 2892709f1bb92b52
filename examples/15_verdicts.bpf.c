/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* XDP's verdicts made visible. TX answers a ping on the spot: addresses and type changed, the checksum
 * mended. */
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Macros are not in BTF, and so not in vmlinux.h. */
#define ETH_P_IP 0x0800
#define ETH_ALEN 6
#define ICMP_ECHO 8
#define ICMP_ECHOREPLY 0

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, enum xdp_action);
  __type(value, __u64);
} verdicts SEC(".maps");

static __always_inline int counted(enum xdp_action verdict) {
  const __u64 one = 1;
  __u64* number = bpf_map_lookup_elem(&verdicts, &verdict);
  if (number)
    __sync_fetch_and_add(number, 1);
  else
    bpf_map_update_elem(&verdicts, &verdict, &one, BPF_ANY);
  return verdict;
}

static __always_inline void answer(struct ethhdr* ethernet, struct iphdr* ip, struct icmphdr* icmp) {
  __u8 card[ETH_ALEN];
  __builtin_memcpy(card, ethernet->h_dest, ETH_ALEN);
  __builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
  __builtin_memcpy(ethernet->h_source, card, ETH_ALEN);
  const __be32 address = ip->daddr; /* a sum stays the same when its parts change places */
  ip->daddr = ip->saddr;
  ip->saddr = address;
  icmp->type = ICMP_ECHOREPLY;
  /* RFC 1624: the type was 8 in the upper octet and is 0, so the sum is 0x0800 larger, with its carry. */
  __u32 sum = bpf_ntohs(icmp->checksum) + 0x0800;
  icmp->checksum = bpf_htons(sum + (sum >> 16));
}

SEC("xdp")
int judge(struct xdp_md* frame) {
  void* end = (void*)(long)frame->data_end;
  struct ethhdr* ethernet = (void*)(long)frame->data;
  struct iphdr* ip = (void*)(ethernet + 1);
  struct icmphdr* icmp = (void*)(ip + 1); /* of packets without IP options */
  if ((void*)(icmp + 1) > end) return counted(XDP_PASS);
  if (ethernet->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_ICMP)
    return counted(XDP_PASS);
  if (icmp->type != ICMP_ECHO) return counted(XDP_PASS);
  answer(ethernet, ip, icmp);
  return counted(XDP_TX);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
