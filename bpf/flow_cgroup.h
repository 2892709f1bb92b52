/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The cgroup_skb programs: packets as sockets see them, in every network namespace. Part of flows.bpf.c. */

/* The tuple that the packet had where the socket's own differs (NAT between hook and socket). */
struct wire_tuple {
  union packet_address source;
  union packet_address destination;
  struct port_pair ports;
  __u32 translated;
};

/* Puts a connected socket's own tuple in place of the packet's; keeps the packet's in `wire` where they
 * differ. One function for each version: clang would merge the loads into arithmetic on `sk`, which no
 * verifier takes. */
static __always_inline void use_socket_tuple4(const struct bpf_sock* sk, const __u32 egress,
                                              struct packet_info* info, struct wire_tuple* wire) {
  const __be16 local_port = bpf_htons((__u16)sk->src_port);
  const __be16 remote_port = sk->dst_port;
  const __be32 local = sk->src_ip4, remote = sk->dst_ip4;
  const __be32 source = egress ? local : remote, destination = egress ? remote : local;
  const __be16 source_port = egress ? local_port : remote_port;
  const __be16 destination_port = egress ? remote_port : local_port;
  if (likely(info->source.v4 == source && info->destination.v4 == destination &&
             info->source_port == source_port && info->destination_port == destination_port))
    return;
  wire->translated = 1;
  wire->ports.source = info->source_port;
  wire->ports.destination = info->destination_port;
  wire->source.v4 = info->source.v4;
  wire->destination.v4 = info->destination.v4;
  info->source.v4 = source;
  info->destination.v4 = destination;
  info->source_port = source_port;
  info->destination_port = destination_port;
}

static __always_inline void use_socket_tuple6(const struct bpf_sock* sk, const __u32 egress,
                                              struct packet_info* info, struct wire_tuple* wire) {
  const __be16 local_port = bpf_htons((__u16)sk->src_port);
  const __be16 remote_port = sk->dst_port;
  union packet_address local, remote;
  local.words[0] = sk->src_ip6[0] | (__u64)sk->src_ip6[1] << 32;
  local.words[1] = sk->src_ip6[2] | (__u64)sk->src_ip6[3] << 32;
  remote.words[0] = sk->dst_ip6[0] | (__u64)sk->dst_ip6[1] << 32;
  remote.words[1] = sk->dst_ip6[2] | (__u64)sk->dst_ip6[3] << 32;
  const union packet_address *source = egress ? &local : &remote, *destination = egress ? &remote : &local;
  const __be16 source_port = egress ? local_port : remote_port;
  const __be16 destination_port = egress ? remote_port : local_port;
  if (likely(info->source.words[0] == source->words[0] && info->source.words[1] == source->words[1] &&
             info->destination.words[0] == destination->words[0] &&
             info->destination.words[1] == destination->words[1] && info->source_port == source_port &&
             info->destination_port == destination_port))
    return;
  wire->translated = 1;
  wire->ports.source = info->source_port;
  wire->ports.destination = info->destination_port;
  wire->source = info->source;
  wire->destination = info->destination;
  info->source = *source;
  info->destination = *destination;
  info->source_port = source_port;
  info->destination_port = destination_port;
}

static __always_inline void keep_wire_tuple(struct flow_entry* entry, struct flow_details* details,
                                            const struct sighting* sighting, const struct wire_tuple* wire,
                                            __u32 version) {
  const __u32 from = sighting->from & 1;
  if (version == 4) {
    *(__be32*)details->wire_address[from] = wire->source.v4;
    *(__be32*)details->wire_address[from ^ 1] = wire->destination.v4;
  } else {
    __builtin_memcpy(details->wire_address[from], &wire->source, 16);
    __builtin_memcpy(details->wire_address[from ^ 1], &wire->destination, 16);
  }
  details->wire_port[from] = wire->ports.source;
  details->wire_port[from ^ 1] = wire->ports.destination;
  entry->bits |= FLOW_TRANSLATED;
}

/* Always 1: the packet goes on. */
static __always_inline int count_at_cgroup(struct __sk_buff* skb, const __u32 egress) {
  struct bpf_sock* sk = skb->sk;
  if (sk) sk = bpf_sk_fullsock(sk);
  if (unlikely(!sk)) {
    count(FLOW_COUNTER_NO_SOCKET, 1);
    return 1;
  }
  struct packet_info info;
  struct packet_reader reader = {(const __u8*)(long)skb->data, (const __u8*)(long)skb->data_end, skb};
  int result = packet_parse(&reader, PACKET_PLAIN, PACKET_LINK_IP, skb->len, 0, &info);
  if (unlikely(result != PACKET_OK)) {
    result = parse_whole(skb, PACKET_LINK_IP, &info);
    if (result != PACKET_OK) count((__u32)result % PACKET_RESULTS, 1);
    if (!PACKET_HAS_IP(result)) return 1;
  }
  const __u32 netns = cgroup_skb_netns(skb, sk, &socket_owners);
  if (unlikely(!netns)) count(FLOW_COUNTER_NO_NETNS, 1);

  struct sighting sighting = {.egress = egress, .netns = netns};
  /* Multicast and broadcast (not PACKET_HOST) reach each of several sockets: one of them counts. */
  if (!egress && unlikely(skb->pkt_type)) sighting.receiver = (__u32)bpf_get_socket_cookie(skb);
  weigh(skb, &info, &sighting);
  struct wire_tuple wire =
      {}; /* verifier: undefined halves become spills of whatever a register held, seen on 6.18 */

  struct flow_entry* entry;
  union flow_key key;
  __u32 done = 0;
  if (info.version == 4) {
    /* Port 0: a socket that closes by RST (SO_LINGER) has given its port back before it sends. */
    if (info.has_ports && sk->dst_port && sk->src_port) use_socket_tuple4(sk, egress, &info, &wire);
    sighting.from = flow_key4_of(&key.v4, &info, netns);
    entry = account_in(&flows4, &key.v4, 4, &info, &sighting, &done);
  } else {
    if (info.has_ports && sk->dst_port && sk->src_port) use_socket_tuple6(sk, egress, &info, &wire);
    sighting.from = flow_key6_of(&key.v6, &info, netns);
    entry = account_in(&flows6, &key.v6, 6, &info, &sighting, &done);
  }
  if (unlikely(!entry)) return 1;
  if (unlikely(done & (FLOW_FIRST_OF_SIDE | FLOW_SAMPLE))) keep_round_trip(entry, &sighting, sk);
  const int translates = wire.translated && !(entry->bits & FLOW_TRANSLATED);
  if (likely(!(done & FLOW_FIRST_OF_SIDE) && !translates)) return 1;
  struct flow_details* details = details_of(&key, info.version);
  if (!details) return 1;
  if (done & FLOW_FIRST_OF_SIDE) keep_owner(entry, details, &sighting, sk);
  if (translates) keep_wire_tuple(entry, details, &sighting, &wire, info.version);
  return 1;
}

SEC("cgroup_skb/ingress")
int weir_cg_in(struct __sk_buff* skb) {
  return count_at_cgroup(skb, 0);
}

SEC("cgroup_skb/egress")
int weir_cg_out(struct __sk_buff* skb) {
  return count_at_cgroup(skb, 1);
}
