/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Packets at every hook, copied to user space with their owner. Never changes or delays one. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel_compat.h"
#include "bpf/kernel_types.h"
#include "bpf/socket_lookup.h"
#include "bpf/socket_owner.h"
#include "packet/parse.h"
#include "wire/packet_event.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define PACKET_OUTGOING 4

const volatile struct packets_config packets_config = {};

/* In memory that user space maps; the programs add, only where a packet is lost. */
struct packets_lost packets_lost;

/* One struct packet_event a packet, its bytes behind it: the programs write, user space looks every
 * millisecond, nobody is woken. Sized by -B before loading. Full: the packet is counted in packets_lost and
 * packet_losses. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 25);
} packet_ring SEC(".maps");

/* ifindex (0: the cgroup) -> packets that matched and were not copied: the programs add, user space reads.
 * Full: such a loss is in packets_lost alone. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64);
} packet_losses SEC(".maps");

#include "bpf/packet_copy.h"

/* For packets without tags in the frame, extension headers and tunnels; not for packet sockets. */
static __always_inline int parse_plain(struct __sk_buff* skb, const int link, struct packet_info* info) {
  struct packet_reader reader = {(const __u8*)(long)skb->data, (const __u8*)(long)skb->data_end, skb};
  return packet_parse(&reader, PACKET_PLAIN, link, skb->len, 0, info);
}

/* The whole parser, wherever the headers are: four times the verifier's work, so only for --headers. */
static __noinline int parse_skb(struct __sk_buff* skb, int link, struct packet_info* info) {
  struct packet_reader reader = {.context = skb};
  if (link == PACKET_LINK_ETHERNET)
    return packet_parse(&reader, PACKET_SKB, PACKET_LINK_ETHERNET, skb->len, 0, info);
  return packet_parse(&reader, PACKET_SKB, PACKET_LINK_IP, skb->len, 0, info);
}

#include "bpf/packet_owner.h"

/* Up to the end of the transport header; of what has none, up to where it or its IP packet begins. */
static __always_inline __u32 header_bytes(const struct packet_info* info, int result, __u32 bytes) {
  __u32 end = bytes;
  if (PACKET_HAS_IP(result))
    end = info->has_l4 ? info->l3_offset + info->ip_bytes - info->payload_bytes : info->l4_offset;
  if (end < PACKET_SHORTEST_COPY) end = PACKET_SHORTEST_COPY;
  return end < bytes ? end : bytes;
}

static __always_inline __u32 bytes_to_copy(__u32 bytes) {
  return bytes < packets_config.snap_bytes ? bytes : packets_config.snap_bytes;
}

static __always_inline __u8 checksum_of(struct __sk_buff* skb) {
  if (!packets_config.checksums) return PACKET_CHECKSUM_UNKNOWN;
  return checksum_state(skb) == CHECKSUM_PARTIAL ? PACKET_CHECKSUM_PARTIAL : PACKET_CHECKSUM_FILLED;
}

/* For tc and cgroup programs, whose packet can be read directly. */
static __always_inline void take_packet(struct __sk_buff* skb, const int link, struct packet_sight* sight,
                                        const int look_up) {
  sight->buffer = (__u64)(long)skb->data;
  sight->ifindex = skb->ifindex;
  sight->bytes = skb->len;
  sight->copied = bytes_to_copy(sight->bytes);
  sight->segments = skb->gso_segs;
  sight->checksum = checksum_of(skb);
  if (look_up || packets_config.headers_only) {
    struct packet_info info;
    int result = parse_plain(skb, link, &info);
    if (look_up && result == PACKET_OK) sight->owner = owner_of_receiver(skb, &info);
    if (packets_config.headers_only) {
      if (unlikely(result != PACKET_OK)) result = parse_skb(skb, link, &info);
      sight->copied = bytes_to_copy(header_bytes(&info, result, sight->bytes));
    }
  }
  copy_packet(skb, 0, sight);
}

static __always_inline int take_at_tc(struct __sk_buff* skb, const int link, const __u8 direction) {
  struct packet_sight sight = {.point = PACKET_POINT_TC, .direction = direction};
  if (skb->vlan_present) {
    sight.vlan_protocol = (__be16)skb->vlan_proto;
    sight.vlan_tag = (__u16)skb->vlan_tci;
  }
  if (direction == PACKET_EGRESS) sight.owner = owner_of_sender(skb, link);
  take_packet(skb, link, &sight, direction == PACKET_INGRESS);
  return TC_ACT_UNSPEC;
}

SEC("tc")
int weir_p_tc_in(struct __sk_buff* skb) {
  return take_at_tc(skb, PACKET_LINK_ETHERNET, PACKET_INGRESS);
}

SEC("tc")
int weir_p_tc_out(struct __sk_buff* skb) {
  return take_at_tc(skb, PACKET_LINK_ETHERNET, PACKET_EGRESS);
}

/* Interfaces without a link header: tun, WireGuard, PPP, ... */
SEC("tc")
int weir_p_l3_in(struct __sk_buff* skb) {
  return take_at_tc(skb, PACKET_LINK_IP, PACKET_INGRESS);
}

SEC("tc")
int weir_p_l3_out(struct __sk_buff* skb) {
  return take_at_tc(skb, PACKET_LINK_IP, PACKET_EGRESS);
}

static __always_inline int take_at_cgroup(struct __sk_buff* skb, const __u8 direction) {
  struct packet_sight sight = {.point = PACKET_POINT_CGROUP, .direction = direction};
  struct bpf_sock* sk = skb->sk;
  sight.owner = owner_of(sk ? bpf_sk_fullsock(sk) : NULL);
  take_packet(skb, PACKET_LINK_IP, &sight, 0);
  return 1;
}

SEC("cgroup_skb/ingress")
int weir_p_cg_in(struct __sk_buff* skb) {
  return take_at_cgroup(skb, PACKET_INGRESS);
}

SEC("cgroup_skb/egress")
int weir_p_cg_out(struct __sk_buff* skb) {
  return take_at_cgroup(skb, PACKET_EGRESS);
}

/* Storage of sockets cannot be read here: no owner. */
SEC("xdp.frags")
int weir_p_xdp(struct xdp_md* frame) {
  struct packet_sight sight = {.point = PACKET_POINT_XDP, .direction = PACKET_INGRESS};
  sight.buffer = (__u64)(long)frame->data;
  sight.ifindex = frame->ingress_ifindex;
  sight.bytes = bpf_xdp_get_buff_len(frame);
  sight.copied = bytes_to_copy(sight.bytes);
  if (packets_config.headers_only) {
    struct packet_info info;
    struct packet_reader reader = {(const __u8*)(long)frame->data, (const __u8*)(long)frame->data_end, frame};
    const int result = packet_parse(&reader, PACKET_SPAN, PACKET_LINK_ETHERNET, sight.bytes, 0, &info);
    sight.copied = bytes_to_copy(header_bytes(&info, result, sight.bytes));
  }
  copy_packet(frame, 1, &sight);
  return XDP_PASS;
}

/* On an AF_PACKET socket, for which it keeps nothing (0). Storage of sockets cannot be read here: no owner.
 */
SEC("socket")
int weir_p_socket(struct __sk_buff* skb) {
  struct packet_sight sight = {.point = PACKET_POINT_SOCKET};
  sight.direction = skb->pkt_type == PACKET_OUTGOING ? PACKET_EGRESS : PACKET_INGRESS;
  if (packets_config.socket_direction && packets_config.socket_direction != sight.direction) return 0;
  sight.ifindex = skb->ifindex;
  if (sight.direction == PACKET_EGRESS && packets_config.arrives_only == sight.ifindex) return 0;
  if (skb->vlan_present) {
    sight.vlan_protocol = (__be16)skb->vlan_proto;
    sight.vlan_tag = (__u16)skb->vlan_tci;
  }
  sight.bytes = skb->len;
  sight.copied = bytes_to_copy(sight.bytes);
  sight.segments = skb->gso_segs;
  sight.checksum = checksum_of(skb);
  if (packets_config.headers_only) {
    struct packet_info info;
    const int result = parse_skb(skb, PACKET_LINK_ETHERNET, &info);
    sight.copied = bytes_to_copy(header_bytes(&info, result, sight.bytes));
  }
  copy_packet(skb, 0, &sight);
  return 0;
}

SEC("cgroup/sock_create")
int weir_p_create(struct bpf_sock* sk) {
  return own_new_socket(sk);
}

SEC("cgroup/getpeername4")
int weir_p_peer4(struct bpf_sock_addr* context) {
  return own_accepted_socket(context->sk);
}

SEC("cgroup/getpeername6")
int weir_p_peer6(struct bpf_sock_addr* context) {
  return own_accepted_socket(context->sk);
}
