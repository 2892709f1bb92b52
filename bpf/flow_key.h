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

static __always_inline int is_echo_reply(const struct packet_info *info) {
  return (info->protocol == IPPROTO_ICMP && info->icmp_type == ICMP_ECHO_REPLY) ||
         (info->protocol == IPPROTO_ICMPV6_ && info->icmp_type == ICMPV6_ECHO_REPLY);
}

static __always_inline int is_icmp(const struct packet_info *info) {
  return info->protocol == IPPROTO_ICMP || info->protocol == IPPROTO_ICMPV6_;
}

static __always_inline struct port_pair packet_ports(const struct packet_info *info) {
  struct port_pair ports = {info->source_port, info->destination_port};
  if (__builtin_expect(is_icmp(info), 0) && info->has_l4) {
    const int echo = is_echo_reply(info) ||
                     (info->protocol == IPPROTO_ICMP ? info->icmp_type == ICMP_ECHO_REQUEST
                                                     : info->icmp_type == ICMPV6_ECHO_REQUEST);
    ports.source = echo ? info->icmp_id : bpf_htons((__u16)(info->icmp_type << 8 | info->icmp_code));
    ports.destination = echo ? info->icmp_id : 0;
  }
  return ports;
}

/* Fills the key; returns which address sent: 0 or 1. */
static __always_inline __u32 flow_key4_of(struct flow_key4 *key, __be32 source, __be32 destination,
                                          struct port_pair ports, __u8 protocol, __u32 netns) {
  const __u32 from = source > destination || (source == destination && ports.source > ports.destination);
  key->address[0] = from ? destination : source;
  key->address[1] = from ? source : destination;
  key->port[0] = from ? ports.destination : ports.source;
  key->port[1] = from ? ports.source : ports.destination;
  key->netns = netns;
  key->protocol = protocol;
  key->reserved[0] = key->reserved[1] = key->reserved[2] = 0;
  return from;
}

static __always_inline __u32 flow_key6_of(struct flow_key6 *key, const union packet_address *source,
                                          const union packet_address *destination, struct port_pair ports,
                                          __u8 protocol, __u32 netns) {
  __u32 from;
  if (source->words[0] != destination->words[0])
    from = source->words[0] > destination->words[0];
  else if (source->words[1] != destination->words[1])
    from = source->words[1] > destination->words[1];
  else
    from = ports.source > ports.destination;
  const union packet_address *low = from ? destination : source;
  const union packet_address *high = from ? source : destination;
  __builtin_memcpy(key->address[0], low, 16);
  __builtin_memcpy(key->address[1], high, 16);
  key->port[0] = from ? ports.destination : ports.source;
  key->port[1] = from ? ports.source : ports.destination;
  key->netns = netns;
  key->protocol = protocol;
  key->reserved[0] = key->reserved[1] = key->reserved[2] = 0;
  return from;
}

#endif
