/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A packet tracer: TCP over IPv4, seen by a socket filter on a raw socket. It may not read the packet in
 * place. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FRAGMENT_MASK 0x3fff /* more fragments, and the offset */

struct packet {
  __u8 source[4];
  __u8 destination[4];
  __u16 source_port;
  __u16 destination_port;
  __u32 octets;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} packets SEC(".maps");

SEC("socket")
int trace(struct __sk_buff* skb) {
  __be16 type, fragment, ports[2];
  __u8 version_and_length, protocol;
  bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &type, sizeof(type));
  if (type != bpf_htons(ETH_P_IP)) return 0;
  bpf_skb_load_bytes(skb, ETH_HLEN, &version_and_length, 1);
  const __u32 header = (version_and_length & 0xf) * 4;
  if (version_and_length >> 4 != 4 || header < sizeof(struct iphdr)) return 0;
  bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, frag_off), &fragment, sizeof(fragment));
  bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol, sizeof(protocol));
  if (fragment & bpf_htons(FRAGMENT_MASK) || protocol != IPPROTO_TCP) return 0;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + header, ports, sizeof(ports))) return 0;

  struct packet* packet = bpf_ringbuf_reserve(&packets, sizeof(*packet), 0);
  if (!packet) return 0;
  bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), packet->source, 4);
  bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, daddr), packet->destination, 4);
  packet->source_port = bpf_ntohs(ports[0]); /* the network's order is not this machine's */
  packet->destination_port = bpf_ntohs(ports[1]);
  packet->octets = skb->len;
  bpf_ringbuf_submit(packet, 0);
  return 0; /* the socket itself keeps nothing */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
