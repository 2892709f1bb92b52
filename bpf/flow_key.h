/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Canonical flow keys out of packets and sockets. */
#ifndef WEIR_BPF_FLOW_KEY_H
#define WEIR_BPF_FLOW_KEY_H

#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "wire/flow.h"
#include "wire/packet_info.h"

#define IPPROTO_ICMPV6_ 58

#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO_REQUEST 8
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY 129

/* The two "ports" of a packet: real ones, the echo id twice, or ICMP type and code. */
struct port_pair {
  __be16 source;
  __be16 destination;
};

static __always_inline int is_echo_reply(const struct packet_info* info) {
  return (info->protocol == IPPROTO_ICMP && info->icmp_type == ICMP_ECHO_REPLY) ||
         (info->protocol == IPPROTO_ICMPV6_ && info->icmp_type == ICMPV6_ECHO_REPLY);
}

static __always_inline int is_icmp(const struct packet_info* info) {
  return info->protocol == IPPROTO_ICMP || info->protocol == IPPROTO_ICMPV6_;
}

static __always_inline struct port_pair packet_ports(const struct packet_info* info) {
  struct port_pair ports = {info->source_port, info->destination_port};
  if (__builtin_expect(is_icmp(info), 0) && info->has_l4) {
    const int echo =
        is_echo_reply(info) || (info->protocol == IPPROTO_ICMP ? info->icmp_type == ICMP_ECHO_REQUEST
                                                               : info->icmp_type == ICMPV6_ECHO_REQUEST);
    ports.source = echo ? info->icmp_id : bpf_htons((__u16)(info->icmp_type << 8 | info->icmp_code));
    ports.destination = echo ? info->icmp_id : 0;
  }
  return ports;
}

union flow_key {
  struct flow_key4 v4;
  struct flow_key6 v6;
};

static __always_inline __u32 flow_scope(__u32 netns, __u8 protocol) {
  return (netns & FLOW_SCOPE_NETNS) | (__u32)protocol << FLOW_SCOPE_PROTOCOL_SHIFT;
}

/* Fills the key; returns which address is `source`: 0 or 1. */
static __always_inline __u32 flow_key4_between(struct flow_key4* key, __be32 source, __be32 destination,
                                               struct port_pair ports, __u8 protocol, __u32 netns) {
  const __u32 from = source > destination || (source == destination && ports.source > ports.destination);
  key->address[0] = from ? destination : source;
  key->address[1] = from ? source : destination;
  key->port[0] = from ? ports.destination : ports.source;
  key->port[1] = from ? ports.source : ports.destination;
  key->scope = flow_scope(netns, protocol) | FLOW_SCOPE_IPV4;
  return from;
}

static __always_inline __u32 flow_key6_between(struct flow_key6* key, const union packet_address* source,
                                               const union packet_address* destination,
                                               struct port_pair ports, __u8 protocol, __u32 netns) {
  __u32 from;
  if (source->words[0] != destination->words[0])
    from = source->words[0] > destination->words[0];
  else if (source->words[1] != destination->words[1])
    from = source->words[1] > destination->words[1];
  else
    from = ports.source > ports.destination;
  const union packet_address* low = from ? destination : source;
  const union packet_address* high = from ? source : destination;
  __builtin_memcpy(key->address[0], low, 16);
  __builtin_memcpy(key->address[1], high, 16);
  key->port[0] = from ? ports.destination : ports.source;
  key->port[1] = from ? ports.source : ports.destination;
  key->scope = flow_scope(netns, protocol);
  return from;
}

/* The key of a packet; returns which address sent it. Who pings himself is told by the ICMP type. */
static __always_inline __u32 flow_key4_of(struct flow_key4* key, const struct packet_info* info,
                                          __u32 netns) {
  const __u32 from = flow_key4_between(key, info->source.v4, info->destination.v4, packet_ports(info),
                                       info->protocol, netns);
  if (__builtin_expect(info->source.v4 == info->destination.v4, 0) && is_icmp(info))
    return is_echo_reply(info);
  return from;
}

static __always_inline __u32 flow_key6_of(struct flow_key6* key, const struct packet_info* info,
                                          __u32 netns) {
  const __u32 from =
      flow_key6_between(key, &info->source, &info->destination, packet_ports(info), info->protocol, netns);
  if (__builtin_expect(info->source.words[1] == info->destination.words[1], 0) && is_icmp(info) &&
      info->source.words[0] == info->destination.words[0])
    return is_echo_reply(info);
  return from;
}

/* The key of flow_details for an IPv4 flow. */
static __always_inline void flow_key6_from4(struct flow_key6* wide, const struct flow_key4* key) {
  __builtin_memset(wide, 0, sizeof(*wide));
  *(__be32*)wide->address[0] = key->address[0];
  *(__be32*)wide->address[1] = key->address[1];
  wide->port[0] = key->port[0];
  wide->port[1] = key->port[1];
  wide->scope = key->scope;
}

#endif
