/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The programs for interfaces: tc (tcx or clsact), XDP, and a socket filter on AF_PACKET. Part of
 * flows.bpf.c. */

#define PACKET_OUTGOING 4

/* Ports of a later fragment from its first one; keeps the first one's. */
static __noinline int resolve_fragment(struct packet_info* info) {
  if (!info) return 0;
  struct fragment_key key = {.id = info->fragment_id, .protocol = info->protocol, .version = info->version};
  if (info->version == 4) {
    key.source.v4 = info->source.v4;
    key.destination.v4 = info->destination.v4;
  } else {
    key.source = info->source;
    key.destination = info->destination;
  }
  if (info->fragment == PACKET_FIRST_FRAGMENT) {
    struct port_pair ports = {info->source_port, info->destination_port};
    if (info->has_ports) bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
    return 0;
  }
  const struct port_pair* ports = bpf_map_lookup_elem(&fragments, &key);
  if (!ports) {
    count(FLOW_COUNTER_FRAGMENT_ORPHANS, 1);
    return 0;
  }
  info->source_port = ports->source;
  info->destination_port = ports->destination;
  return 0;
}

/* The 8 octets of transport header and the IP header that an ICMP error quotes (RFC 792, RFC 4443 2.4). */
struct quoted4 {
  __u8 version_ihl, tos;
  __be16 total_length;
  __u8 id_fragment_ttl[5], protocol;
  __be16 checksum;
  __be32 source, destination;
};

struct quoted6 {
  __u8 version_class_label[4];
  __be16 payload_length;
  __u8 next_header, hop_limit;
  union packet_address source, destination;
};

static __always_inline int is_icmp_error(const struct packet_info* info) {
  if (info->protocol == IPPROTO_ICMP)
    return info->icmp_type == 3 || info->icmp_type == 4 || info->icmp_type == 11 || info->icmp_type == 12;
  return info->protocol == IPPROTO_ICMPV6_ && info->icmp_type >= 1 && info->icmp_type <= 4;
}

/* Marks the flow that an ICMP error speaks of. `reader` is at the frame's start. */
static __always_inline void mark_quoted(const struct packet_reader* reader, const int access,
                                        const struct packet_info* info) {
  const __u32 at = info->l4_offset + 8;
  struct flow_entry* entry = NULL;
  struct port_pair ports;
  if (info->version == 4) {
    struct quoted4 quoted;
    if (packet_read(reader, access, at, &quoted, 20)) return;
    const __u32 header = (quoted.version_ihl & 0xf) * 4;
    if (header < 20 || packet_read(reader, access, at + header, &ports, sizeof(ports))) return;
    if (quoted.protocol != IPPROTO_TCP && quoted.protocol != IPPROTO_UDP && quoted.protocol != IPPROTO_SCTP)
      ports.source = ports.destination = 0;
    struct flow_key4 key;
    flow_key4_between(&key, quoted.source, quoted.destination, ports, quoted.protocol, 0);
    entry = bpf_map_lookup_elem(&flows4, &key);
  } else {
    struct quoted6 quoted;
    if (packet_read(reader, access, at, &quoted, sizeof(quoted))) return;
    if (packet_read(reader, access, at + sizeof(quoted), &ports, sizeof(ports))) return;
    if (quoted.next_header != IPPROTO_TCP && quoted.next_header != IPPROTO_UDP &&
        quoted.next_header != IPPROTO_SCTP)
      ports.source = ports.destination = 0;
    struct flow_key6 key;
    flow_key6_between(&key, &quoted.source, &quoted.destination, ports, quoted.next_header, 0);
    entry = bpf_map_lookup_elem(&flows6, &key);
  }
  if (entry) entry->bits |= FLOW_ICMP_ERROR;
}

/* Counts in the maps of the packet's version; the entry, or NULL. */
static __always_inline struct flow_entry* count_packet(struct packet_info* info, struct sighting* sighting,
                                                       union flow_key* key, __u32* done) {
  if (unlikely(info->fragment)) resolve_fragment(info);
  if (info->version == 4) {
    sighting->from = flow_key4_of(&key->v4, info, 0);
    return account_in(&flows4, &key->v4, 4, info, sighting, done);
  }
  sighting->from = flow_key6_of(&key->v6, info, 0);
  return account_in(&flows6, &key->v6, 6, info, sighting, done);
}

/* The receiving socket of an arriving packet: skb->sk there may be the sender's (veth), so look it up. */
static __always_inline void keep_receiver(struct __sk_buff* skb, struct flow_entry* entry,
                                          struct flow_details* details, const struct packet_info* info,
                                          const struct sighting* sighting) {
  struct bpf_sock* sk = look_up_socket(skb, info, 1);
  if (!sk) return;
  keep_owner(entry, details, sighting, sk);
  bpf_sk_release(sk);
}

static __always_inline int count_at_tc(struct __sk_buff* skb, const __u32 egress, const int link) {
  struct packet_info info;
  struct packet_reader reader = {(const __u8*)(long)skb->data, (const __u8*)(long)skb->data_end, skb};
  int result = flow_config.decapsulate ? packet_parse(&reader, PACKET_PLAIN, link, skb->len, 1, &info)
                                       : packet_parse(&reader, PACKET_PLAIN, link, skb->len, 0, &info);
  if (unlikely(result != PACKET_OK)) {
    result = parse_whole(skb, link, &info);
    if (result != PACKET_OK) count((__u32)result % PACKET_RESULTS, 1);
    if (!PACKET_HAS_IP(result)) return TC_ACT_UNSPEC;
  }
  struct sighting sighting = {.egress = egress, .point = skb->ifindex << 1 | egress};
  weigh(skb, &info, &sighting);
  union flow_key key;
  __u32 done = 0;
  struct flow_entry* entry = count_packet(&info, &sighting, &key, &done);
  if (!entry || !done) return TC_ACT_UNSPEC;
  if (unlikely(is_icmp(&info)) && info.has_l4 && is_icmp_error(&info))
    mark_quoted(&reader, PACKET_SKB, &info);
  if (likely(!(done & (FLOW_FIRST_OF_SIDE | (egress ? FLOW_SAMPLE : 0))))) return TC_ACT_UNSPEC;
  struct bpf_sock* sk = NULL;
  if (egress) {
    sk = skb->sk;
    if (sk) sk = bpf_sk_fullsock(sk);
    if (!sk) return TC_ACT_UNSPEC;
    keep_round_trip(entry, &sighting, sk);
    if (!(done & FLOW_FIRST_OF_SIDE)) return TC_ACT_UNSPEC;
  }
  struct flow_details* details = details_of(&key, info.version);
  if (!details) return TC_ACT_UNSPEC;
  if (egress)
    keep_owner(entry, details, &sighting, sk);
  else
    keep_receiver(skb, entry, details, &info, &sighting);
  return TC_ACT_UNSPEC;
}

/* Interfaces whose frames begin with an Ethernet header; the l3 pair: tun, WireGuard, PPP, ... */
SEC("tc")
int weir_tc_in(struct __sk_buff* skb) {
  return count_at_tc(skb, 0, PACKET_LINK_ETHERNET);
}

SEC("tc")
int weir_tc_out(struct __sk_buff* skb) {
  return count_at_tc(skb, 1, PACKET_LINK_ETHERNET);
}

SEC("tc")
int weir_tc_l3_in(struct __sk_buff* skb) {
  return count_at_tc(skb, 0, PACKET_LINK_IP);
}

SEC("tc")
int weir_tc_l3_out(struct __sk_buff* skb) {
  return count_at_tc(skb, 1, PACKET_LINK_IP);
}

/* The whole parser, for what PACKET_PLAIN gives up. */
static __noinline int parse_whole_frame(struct xdp_md* frame, struct packet_info* info) {
  struct packet_reader reader = {(const __u8*)(long)frame->data, (const __u8*)(long)frame->data_end, frame};
  const __u32 bytes = frame->data_end - frame->data;
  if (flow_config.decapsulate)
    return packet_parse(&reader, PACKET_SPAN, PACKET_LINK_ETHERNET, bytes, 1, info);
  return packet_parse(&reader, PACKET_SPAN, PACKET_LINK_ETHERNET, bytes, 0, info);
}

/* Owners at XDP come from weir_sk_state and weir_accept*: sockets' storage cannot be read here. */
SEC("xdp")
int weir_xdp(struct xdp_md* frame) {
  struct packet_info info;
  struct packet_reader reader = {(const __u8*)(long)frame->data, (const __u8*)(long)frame->data_end, frame};
  const __u32 bytes = frame->data_end - frame->data;
  int result = flow_config.decapsulate
                   ? packet_parse(&reader, PACKET_PLAIN, PACKET_LINK_ETHERNET, bytes, 1, &info)
                   : packet_parse(&reader, PACKET_PLAIN, PACKET_LINK_ETHERNET, bytes, 0, &info);
  if (unlikely(result != PACKET_OK)) result = parse_whole_frame(frame, &info);
  if (unlikely(result != PACKET_OK)) {
    count((__u32)result % PACKET_RESULTS, 1);
    if (!PACKET_HAS_IP(result)) return XDP_PASS;
  }
  struct sighting sighting = {.point = frame->ingress_ifindex << 1, .packets = 1, .bytes = info.ip_bytes};
  union flow_key key;
  __u32 done = 0;
  if (!count_packet(&info, &sighting, &key, &done)) return XDP_PASS;
  if (unlikely(is_icmp(&info)) && info.has_l4 && is_icmp_error(&info))
    mark_quoted(&reader, PACKET_SPAN, &info);
  return XDP_PASS;
}

/* On an AF_PACKET socket: sees both directions, copies nothing to user space (0). */
SEC("socket")
int weir_socket(struct __sk_buff* skb) {
  struct packet_info info;
  struct packet_reader reader = {.context = skb};
  const int result = parse_whole(skb, PACKET_LINK_ETHERNET, &info);
  if (result != PACKET_OK) {
    count((__u32)result % PACKET_RESULTS, 1);
    if (!PACKET_HAS_IP(result)) return 0;
  }
  const __u32 egress = skb->pkt_type == PACKET_OUTGOING;
  struct sighting sighting = {.egress = egress, .point = skb->ifindex << 1 | egress};
  weigh(skb, &info, &sighting);
  union flow_key key;
  __u32 done = 0;
  if (!count_packet(&info, &sighting, &key, &done)) return 0;
  if (is_icmp(&info) && info.has_l4 && is_icmp_error(&info)) mark_quoted(&reader, PACKET_SKB, &info);
  return 0;
}
