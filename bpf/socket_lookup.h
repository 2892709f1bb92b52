/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The socket at one end of a packet, found by the packet's addresses and ports. */
#ifndef WEIR_BPF_SOCKET_LOOKUP_H
#define WEIR_BPF_SOCKET_LOOKUP_H

#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

#include "wire/packet_info.h"

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

/* NULL: none on this node, in the namespace of the hook; else the caller releases it. A handshake under way
 * is the listener's. `context`: of a tc program. */
static __always_inline struct bpf_sock* look_up_socket(struct __sk_buff* context,
                                                       const struct packet_info* info, const int arrives) {
  struct bpf_sock_tuple tuple;
  if (!info->has_ports || info->tunnels) return NULL;
  tuple_of(&tuple, info, arrives);
  const __u64 netns = BPF_F_CURRENT_NETNS;
  if (info->protocol == IPPROTO_TCP)
    return info->version == 4 ? bpf_sk_lookup_tcp(context, &tuple, sizeof(tuple.ipv4), netns, 0)
                              : bpf_sk_lookup_tcp(context, &tuple, sizeof(tuple.ipv6), netns, 0);
  if (info->protocol == IPPROTO_UDP)
    return info->version == 4 ? bpf_sk_lookup_udp(context, &tuple, sizeof(tuple.ipv4), netns, 0)
                              : bpf_sk_lookup_udp(context, &tuple, sizeof(tuple.ipv6), netns, 0);
  return NULL;
}

#endif
