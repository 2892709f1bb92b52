/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose packet it is: the sending socket's owner on the way out, the receiving one's on the way in. Part of
 * packets.bpf.c. */

static __always_inline const struct socket_owner* owner_of(struct bpf_sock* sk) {
  struct bpf_sock* full = sk ? bpf_sk_fullsock(sk) : NULL;
  return full ? bpf_sk_storage_get(&socket_owners, full, 0, 0) : NULL;
}

static __always_inline void tuple_of(struct bpf_sock_tuple* tuple, const struct packet_info* info) {
  if (info->version == 4) {
    tuple->ipv4.saddr = info->source.v4;
    tuple->ipv4.daddr = info->destination.v4;
    tuple->ipv4.sport = info->source_port;
    tuple->ipv4.dport = info->destination_port;
  } else {
    __builtin_memcpy(tuple->ipv6.saddr, &info->source, 16);
    __builtin_memcpy(tuple->ipv6.daddr, &info->destination, 16);
    tuple->ipv6.sport = info->source_port;
    tuple->ipv6.dport = info->destination_port;
  }
}

/* At an interface's ingress skb->sk is nobody, or the sender (veth): the receiver is looked up. A handshake
 * under way is the listener's. */
static __noinline const struct socket_owner* owner_of_receiver(struct __sk_buff* skb,
                                                               const struct packet_info* info) {
  struct bpf_sock_tuple tuple;
  struct bpf_sock* sk = NULL;
  if (!info || !info->has_ports || info->tunnels) return NULL;
  tuple_of(&tuple, info);
  if (info->protocol == IPPROTO_TCP)
    sk = info->version == 4 ? bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0)
                            : bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
  else if (info->protocol == IPPROTO_UDP)
    sk = info->version == 4 ? bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0)
                            : bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
  if (!sk) return NULL;
  const struct socket_owner* owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
  bpf_sk_release(sk);
  return owner;
}
