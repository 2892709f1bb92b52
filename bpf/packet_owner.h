/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose packet it is: the sending socket's owner on the way out, the receiving one's on the way in. Part of
 * packets.bpf.c. */

static __always_inline const struct socket_owner* owner_of(struct bpf_sock* full) {
  return full ? bpf_sk_storage_get(&socket_owners, full, 0, 0) : NULL;
}

/* As seen by the socket that the packet comes to (`arrives`), or that sent it. */
static __always_inline void tuple_of(struct bpf_sock_tuple* tuple, const struct packet_info* info,
                                     const int arrives) {
  const union packet_address* remote = arrives ? &info->source : &info->destination;
  const union packet_address* local = arrives ? &info->destination : &info->source;
  const __be16 remote_port = arrives ? info->source_port : info->destination_port;
  const __be16 local_port = arrives ? info->destination_port : info->source_port;
  if (info->version == 4) {
    tuple->ipv4.saddr = remote->v4;
    tuple->ipv4.daddr = local->v4;
    tuple->ipv4.sport = remote_port;
    tuple->ipv4.dport = local_port;
  } else {
    __builtin_memcpy(tuple->ipv6.saddr, remote, 16);
    __builtin_memcpy(tuple->ipv6.daddr, local, 16);
    tuple->ipv6.sport = remote_port;
    tuple->ipv6.dport = local_port;
  }
}

/* At an interface's ingress skb->sk is nobody, or the sender (veth): the receiver is looked up. A handshake
 * under way is the listener's. What is not plain (a tag within a tag, IPv6 extension headers) has no owner
 * there. */
static __noinline const struct socket_owner* owner_of_receiver(struct __sk_buff* skb,
                                                               const struct packet_info* info) {
  struct bpf_sock_tuple tuple;
  struct bpf_sock* sk = NULL;
  if (!info || !info->has_ports || info->tunnels) return NULL;
  tuple_of(&tuple, info, 1);
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

/* The listener, of what a handshake under way sends (SYN+ACK): skb->sk is no whole socket then. */
static __noinline const struct socket_owner* owner_of_listener(struct __sk_buff* skb, const int link) {
  struct packet_info info;
  struct bpf_sock_tuple tuple;
  if (parse_plain(skb, link, &info) != PACKET_OK) return NULL;
  if (!info.has_ports || info.protocol != IPPROTO_TCP || info.tunnels) return NULL;
  tuple_of(&tuple, &info, 0);
  struct bpf_sock* sk = info.version == 4
                            ? bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0)
                            : bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
  if (!sk) return NULL;
  const struct socket_owner* owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
  bpf_sk_release(sk);
  return owner;
}

static __always_inline const struct socket_owner* owner_of_sender(struct __sk_buff* skb, const int link) {
  struct bpf_sock* sk = skb->sk;
  if (!sk) return NULL;
  struct bpf_sock* full = bpf_sk_fullsock(sk);
  return full ? owner_of(full) : owner_of_listener(skb, link);
}
