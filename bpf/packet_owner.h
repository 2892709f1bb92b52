/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose packet it is: the sending socket's owner on the way out, the receiving one's on the way in. Part of
 * packets.bpf.c. */

static __always_inline const struct socket_owner* owner_of(struct bpf_sock* full) {
  return full ? bpf_sk_storage_get(&socket_owners, full, 0, 0) : NULL;
}

/* At an interface's ingress skb->sk is nobody, or the sender (veth): the receiver is looked up. What is not
 * plain (a tag within a tag, IPv6 extension headers) has no owner there. */
static __noinline const struct socket_owner* owner_of_receiver(struct __sk_buff* skb,
                                                               const struct packet_info* info) {
  struct bpf_sock* sk = info ? look_up_socket(skb, info, 1) : NULL;
  if (!sk) return NULL;
  const struct socket_owner* owner = owner_of(sk);
  bpf_sk_release(sk);
  return owner;
}

/* The listener, of what a handshake under way sends (SYN+ACK): skb->sk is no whole socket then. */
static __noinline const struct socket_owner* owner_of_listener(struct __sk_buff* skb, const int link) {
  struct packet_info info;
  if (parse_plain(skb, link, &info) != PACKET_OK || info.protocol != IPPROTO_TCP) return NULL;
  struct bpf_sock* sk = look_up_socket(skb, &info, 0);
  if (!sk) return NULL;
  const struct socket_owner* owner = owner_of(sk);
  bpf_sk_release(sk);
  return owner;
}

static __always_inline const struct socket_owner* owner_of_sender(struct __sk_buff* skb, const int link) {
  struct bpf_sock* sk = skb->sk;
  if (!sk) return NULL;
  struct bpf_sock* full = bpf_sk_fullsock(sk);
  return full ? owner_of(full) : owner_of_listener(skb, link);
}
