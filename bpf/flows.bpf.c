/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Flow accounting at every hook: counts each packet for its 5-tuple. Never changes or delays one. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/flow_account.h"
#include "bpf/flow_key.h"
#include "bpf/kernel_compat.h"
#include "packet/parse.h"
#include "wire/flow.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct flow_config flow_config = {};

/* What a new entry is copied from: one less 336-byte object on the stack. */
static const volatile struct flow_entry no_entry = {};

/* IPv4 flows: the packet programs write, user space sweeps and deletes ended ones. Resized by --max-flows before
 * loading; memory is taken per entry (about 512 B). Full: packets go to flow_events. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 262144);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct flow_key4);
  __type(value, struct flow_entry);
} flows4 SEC(".maps");

/* IPv6 flows: as flows4. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 262144);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct flow_key6);
  __type(value, struct flow_entry);
} flows6 SEC(".maps");

/* Records of wire/flow.h: the last state of a flow whose tuple was used again, and packets that found a map full.
 * No wake-ups: user space looks at each sweep. Full: counted in flow_counters. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20);
} flow_events SEC(".maps");

/* enum flow_counter -> how often, per CPU. The packet programs write, user space sums. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, FLOW_COUNTERS);
  __type(key, __u32);
  __type(value, __u64);
} flow_counters SEC(".maps");

struct fragment_key {
  union packet_address source;
  union packet_address destination;
  __u32 id;
  __u8 protocol;
  __u8 version;
  __u8 reserved[2];
};

/* First fragments' ports, for the later ones at interface hooks. The packet programs write and read; LRU, so an
 * old one gives way: its later fragments are counted as orphans. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct fragment_key);
  __type(value, struct port_pair);
} fragments SEC(".maps");

/* Who made each socket: sock_create and the task_file iterator write, flow programs read. An accepted socket
 * inherits its listener's. Lives and dies with the socket. */
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
  __type(key, int);
  __type(value, struct socket_owner);
} socket_owners SEC(".maps");

static __always_inline void count(__u32 counter, __u64 by) {
  __u64 *value = bpf_map_lookup_elem(&flow_counters, &counter);
  if (value) *value += by;
}

/* Parses headers that are not in the linear part. */
static __noinline int parse_nonlinear(struct __sk_buff *skb, int link, struct packet_info *info) {
  if (!info) return PACKET_TRUNCATED_LINK;
  struct packet_reader reader = {.context = skb};
  if (link == PACKET_LINK_ETHERNET) {
    if (flow_config.decapsulate)
      return packet_parse(&reader, PACKET_SKB, PACKET_LINK_ETHERNET, skb->len, 1, info);
    return packet_parse(&reader, PACKET_SKB, PACKET_LINK_ETHERNET, skb->len, 0, info);
  }
  return packet_parse(&reader, PACKET_SKB, PACKET_LINK_IP, skb->len, 0, info);
}

/* Segments and octets on the wire of a GSO or GRO buffer: every segment repeats the headers. */
static __always_inline void weigh(struct __sk_buff *skb, const struct packet_info *info, struct sighting *sighting) {
  sighting->packets = 1;
  sighting->bytes = info->ip_bytes;
  __u32 segments = skb->gso_segs;
  if (likely(segments <= 1 && !skb->gso_size)) return;
  if (segments <= 1 && skb->gso_size) segments = (info->payload_bytes + skb->gso_size - 1) / skb->gso_size;
  if (segments <= 1) return;
  sighting->packets = segments;
  const __u32 headers = info->ip_bytes - info->payload_bytes;
  if (headers < info->ip_bytes) sighting->bytes += (__u64)(segments - 1) * headers;
}

/* Tells user space the state of an entry that begins anew. */
static __always_inline void tell_restart(const struct flow_entry *entry, const void *key, __u32 version) {
  struct flow_event_restarted *event = bpf_ringbuf_reserve(&flow_events, sizeof(*event), 0);
  if (!event) {
    count(FLOW_COUNTER_RING_FULL_ENDS, 1);
    return;
  }
  event->header.time_ns = bpf_ktime_get_ns();
  event->header.cpu = bpf_get_smp_processor_id();
  event->header.kind = FLOW_EVENT_RESTARTED;
  event->header.size = sizeof(*event);
  __builtin_memcpy(&event->entry, entry, sizeof(event->entry));
  __builtin_memset(&event->key, 0, sizeof(event->key));
  event->version = version;
  if (version == 4) {
    const struct flow_key4 *key4 = key;
    *(__be32 *)event->key.address[0] = key4->address[0];
    *(__be32 *)event->key.address[1] = key4->address[1];
    event->key.port[0] = key4->port[0];
    event->key.port[1] = key4->port[1];
    event->key.netns = key4->netns;
    event->key.protocol = key4->protocol;
  } else {
    __builtin_memcpy(&event->key, key, sizeof(event->key));
  }
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* A packet whose flow found no room in the map. */
static __always_inline void tell_overflow(const struct packet_info *info, const struct sighting *sighting,
                                          const void *key, __u32 version) {
  struct flow_event_overflow *event = bpf_ringbuf_reserve(&flow_events, sizeof(*event), 0);
  if (!event) {
    count(FLOW_COUNTER_RING_FULL_PACKETS, sighting->packets);
    count(FLOW_COUNTER_RING_FULL_BYTES, sighting->bytes);
    return;
  }
  __builtin_memset(event, 0, sizeof(*event));
  count(FLOW_COUNTER_MAP_FULL, sighting->packets);
  event->header.time_ns = bpf_ktime_get_ns();
  event->header.cpu = bpf_get_smp_processor_id();
  event->header.kind = FLOW_EVENT_OVERFLOW;
  event->header.size = sizeof(*event);
  event->packets = sighting->packets;
  event->bytes = sighting->bytes;
  event->version = version;
  event->from = sighting->from;
  event->egress = sighting->egress;
  event->tcp_flags = info->tcp_flags;
  event->icmp_type = info->icmp_type;
  event->icmp_code = info->icmp_code;
  if (version == 4) {
    const struct flow_key4 *key4 = key;
    *(__be32 *)event->key.address[0] = key4->address[0];
    *(__be32 *)event->key.address[1] = key4->address[1];
    event->key.port[0] = key4->port[0];
    event->key.port[1] = key4->port[1];
    event->key.netns = key4->netns;
    event->key.protocol = key4->protocol;
  } else {
    __builtin_memcpy(&event->key, key, sizeof(event->key));
  }
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* The entry of a key, made where it is missing; counts the packet in it. `done` gets FLOW_* bits. */
static __always_inline struct flow_entry *account_in(void *flows, const void *key, __u32 version,
                                                     const struct packet_info *info,
                                                     const struct sighting *sighting, __u32 *done) {
  struct flow_entry *entry = bpf_map_lookup_elem(flows, key);
  if (unlikely(!entry)) {
    const long error = bpf_map_update_elem(flows, key, (const void *)&no_entry, BPF_NOEXIST);
    entry = bpf_map_lookup_elem(flows, key);
    if (!entry) {
      tell_overflow(info, sighting, key, version);
      return NULL;
    }
    if (!error) flow_begin(entry, info, sighting->from);
  } else if (unlikely(flow_begins_anew(entry, info))) {
    tell_restart(entry, key, version);
    flow_begin_anew(entry, info, sighting->from);
  }
  *done = flow_account(entry, info, sighting);
  return entry;
}

/* The socket of this node at the packet's local end, where the hook has one. */
static __always_inline void keep_owner(struct flow_entry *entry, const struct sighting *sighting,
                                       struct bpf_sock *sk) {
  const __u32 local = (sighting->egress ? sighting->from : sighting->from ^ 1) & 1;
  if (!entry->initiator && sk->state == TCP_LISTEN && sk->protocol == IPPROTO_TCP) {
    entry->initiator = (local ^ 1) + 1;
    entry->bits |= FLOW_LISTENED;
  }
  if (entry->accepted & (1 << local)) return;
  const struct socket_owner *owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
  if (owner) entry->owner[local] = *owner;
}

static __always_inline void keep_round_trip(struct flow_entry *entry, const struct sighting *sighting,
                                            struct bpf_sock *sk) {
  const struct bpf_tcp_sock *tcp = bpf_tcp_sock(sk);
  if (tcp) entry->srtt_us[(sighting->egress ? sighting->from : sighting->from ^ 1) & 1] = tcp->srtt_us >> 3;
}

/* Written by weir_clock, read by user space. */
struct flow_clock flow_clock;

/* Attached to nothing: user space runs it to relate last_jiffies to CLOCK_MONOTONIC. */
SEC("socket")
int weir_clock(struct __sk_buff *skb) {
  flow_clock.jiffies = bpf_jiffies64();
  flow_clock.time_ns = bpf_ktime_get_ns();
  return 0;
}

#include "bpf/flow_cgroup.h"
#include "bpf/flow_interface.h"
