/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Flow accounting at every hook: counts each packet for its 5-tuple. Never changes or delays one. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/flow_account.h"
#include "bpf/flow_key.h"
#include "bpf/kernel_compat.h"
#include "bpf/kernel_types.h"
#include "bpf/socket_lookup.h"
#include "bpf/socket_owner.h"
#include "packet/parse.h"
#include "wire/flow.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct flow_config flow_config = {};

/* What new entries are copied from: less on the stack. */
static const volatile struct flow_entry no_entry = {};
static const volatile struct flow_details no_details = {};

/* IPv4 flows: the packet programs write, user space sweeps and deletes ended ones. Sized by --max-flows
 * before loading. Preallocated, 192 B each: entries that are allocated singly cost a packet twice the time
 * once they are many (docs/decisions/0010). Full: packets go to flow_events. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 262144);
  __type(key, struct flow_key4);
  __type(value, struct flow_entry);
} flows4 SEC(".maps");

/* IPv6 flows: as flows4, 216 B each. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 262144);
  __type(key, struct flow_key6);
  __type(value, struct flow_entry);
} flows6 SEC(".maps");

/* Details of both versions' flows, under the key of flows6 (IPv4 addresses in the first 4 bytes). The slow
 * paths write, user space reads and deletes. Twice as large as flows4, so never full before them; memory is
 * taken per entry, 512 B. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 524288);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct flow_key6);
  __type(value, struct flow_details);
} flow_details SEC(".maps");

/* Records of wire/flow.h: the last state of a flow whose tuple was used again, and packets that found a map
 * full. No wake-ups: user space looks at each sweep. Full: counted in flow_counters. */
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

/* First fragments' ports, for the later ones at interface hooks. The packet programs write and read; LRU, so
 * an old one gives way: its later fragments are counted as orphans. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct fragment_key);
  __type(value, struct port_pair);
} fragments SEC(".maps");

static __always_inline void count(__u32 counter, __u64 by) {
  __u64* value = bpf_map_lookup_elem(&flow_counters, &counter);
  if (value) *value += by;
}

/* The whole parser, wherever the headers are, for what PACKET_PLAIN gives up. */
static __noinline int parse_whole(struct __sk_buff* skb, int link, struct packet_info* info) {
  struct packet_reader reader = {.context = skb};
  if (link == PACKET_LINK_ETHERNET) {
    if (flow_config.decapsulate)
      return packet_parse(&reader, PACKET_SKB, PACKET_LINK_ETHERNET, skb->len, 1, info);
    return packet_parse(&reader, PACKET_SKB, PACKET_LINK_ETHERNET, skb->len, 0, info);
  }
  if (flow_config.decapsulate) return packet_parse(&reader, PACKET_SKB, PACKET_LINK_IP, skb->len, 1, info);
  return packet_parse(&reader, PACKET_SKB, PACKET_LINK_IP, skb->len, 0, info);
}

/* Segments and octets on the wire of a GSO or GRO buffer: every segment repeats the headers. */
static __always_inline void weigh(struct __sk_buff* skb, const struct packet_info* info,
                                  struct sighting* sighting) {
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

static __always_inline void widen_key(struct flow_key6* wide, const void* key, __u32 version) {
  if (version == 4)
    flow_key6_from4(wide, key);
  else
    __builtin_memcpy(wide, key, sizeof(*wide));
}

/* Slow paths only: a second look-up. */
static __noinline struct flow_details* details_of4(const struct flow_key4* key) {
  if (!key) return NULL;
  struct flow_key6 wide;
  flow_key6_from4(&wide, key);
  return bpf_map_lookup_elem(&flow_details, &wide);
}

static __always_inline struct flow_details* details_of(const void* key, __u32 version) {
  return version == 4 ? details_of4(key) : bpf_map_lookup_elem(&flow_details, key);
}

/* Tells user space the state of an entry that begins anew. */
static __always_inline void tell_restart(const struct flow_entry* entry, const struct flow_details* details,
                                         const struct flow_key6* key) {
  struct flow_event_restarted* event = bpf_ringbuf_reserve(&flow_events, sizeof(*event), 0);
  if (!event) {
    count(FLOW_COUNTER_RING_FULL_ENDS, 1);
    return;
  }
  event->header.time_ns = bpf_ktime_get_ns();
  event->header.cpu = bpf_get_smp_processor_id();
  event->header.kind = FLOW_EVENT_RESTARTED;
  event->header.size = sizeof(*event);
  __builtin_memcpy(&event->entry, entry, sizeof(event->entry));
  __builtin_memcpy(&event->details, details, sizeof(event->details));
  __builtin_memcpy(&event->key, key, sizeof(event->key));
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* A packet whose flow found no room in the map. */
static __always_inline void tell_overflow(const struct packet_info* info, const struct sighting* sighting,
                                          const struct flow_key6* key) {
  struct flow_event_overflow* event = bpf_ringbuf_reserve(&flow_events, sizeof(*event), 0);
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
  event->netns = sighting->netns;
  event->from = sighting->from;
  event->egress = sighting->egress;
  event->tcp_flags = info->tcp_flags;
  event->icmp_type = info->icmp_type;
  event->icmp_code = info->icmp_code;
  __builtin_memcpy(&event->key, key, sizeof(event->key));
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* The slow paths are functions of their own: inlined, each would double the ways that the verifier walks. */

/* Makes details, then the entry, so that who finds an entry finds its details. NULL: no room. */
static __noinline struct flow_entry* make_entry(void* flows, const void* key, __u32 version,
                                                const struct packet_info* info,
                                                const struct sighting* sighting) {
  struct flow_key6 wide;
  widen_key(&wide, key, version);
  bpf_map_update_elem(&flow_details, &wide, (const void*)&no_details, BPF_NOEXIST);
  struct flow_details* details = bpf_map_lookup_elem(&flow_details, &wide);
  const long error = bpf_map_update_elem(flows, key, (const void*)&no_entry, BPF_NOEXIST);
  struct flow_entry* entry = bpf_map_lookup_elem(flows, key);
  if (!entry || !details) {
    if (!entry && details) bpf_map_delete_elem(&flow_details, &wide);
    tell_overflow(info, sighting, &wide);
    return NULL;
  }
  if (!error) {
    entry->netns = sighting->netns;
    flow_begin(entry, details, info, sighting->from);
  }
  return entry;
}

static __noinline int begin_anew(struct flow_entry* entry, const void* key, __u32 version,
                                 const struct packet_info* info, __u32 from) {
  struct flow_key6 wide;
  widen_key(&wide, key, version);
  struct flow_details* details = bpf_map_lookup_elem(&flow_details, &wide);
  if (!details) return 0;
  tell_restart(entry, details, &wide);
  flow_begin_anew(entry, details, info, from);
  return 0;
}

static __noinline int cross(struct flow_entry* entry, const void* key, __u32 version, __u32 point) {
  struct flow_details* details = details_of(key, version);
  if (details) flow_cross(entry, details, point);
  return 0;
}

static __noinline int tcp_event(struct flow_entry* entry, const void* key, __u32 version,
                                const struct packet_info* info, const struct sighting* sighting) {
  struct flow_details* details = details_of(key, version);
  if (details) flow_tcp_event(entry, details, sighting->from & 1, flow_sends(sighting), info);
  return 0;
}

/* Counts the packet in the entry of its key, made where it is missing; NULL where there was no room. `done`
 * gets FLOW_* bits. At interfaces each direction counts at one point only (done 0 elsewhere), so that a
 * packet that crosses a veth pair, a bridge and a card is one packet. */
static __always_inline struct flow_entry* account_in(void* flows, const void* key, __u32 version,
                                                     const struct packet_info* info,
                                                     struct sighting* sighting, __u32* done) {
  const __u32 jiffies = (__u32)bpf_jiffies64();
  /* verifier: which end sent is one state, not one for each way here (1 M instructions), seen on 6.18 */
  __u32 from = sighting->from ^ jiffies;
  asm volatile("" : "+r"(from));
  from = (from ^ jiffies) & 1;
  sighting->from = from;

  struct flow_entry* entry = bpf_map_lookup_elem(flows, key);
  if (unlikely(!entry)) {
    entry = make_entry(flows, key, version, info, sighting);
    if (!entry) return NULL;
  } else if (unlikely(flow_begins_anew(entry, info))) {
    begin_anew(entry, key, version, info, from);
  }
  struct flow_direction* own = &entry->direction[from];
  if (sighting->point && unlikely(entry->point[from] != sighting->point)) {
    cross(entry, key, version, sighting->point);
    if (entry->point[from] && jiffies - own->last_jiffies < POINT_IDLE_JIFFIES) return entry;
    entry->point[from] = sighting->point;
  }
  if (unlikely(sighting->receiver) && entry->point[from] != sighting->receiver) {
    if (entry->point[from] && jiffies - own->last_jiffies < POINT_IDLE_JIFFIES) return entry;
    entry->point[from] = sighting->receiver;
  }
  *done = FLOW_COUNTED;
  const __u8 side = (sighting->egress ? 2 : 1) << 2 * from;
  if (unlikely(!(entry->seen & side))) {
    entry->seen |= side;
    *done |= FLOW_FIRST_OF_SIDE;
  }
  if (unlikely(jiffies >> SAMPLE_SHIFT != own->last_jiffies >> SAMPLE_SHIFT)) *done |= FLOW_SAMPLE;
  own->last_jiffies = jiffies;
  if (info->protocol == IPPROTO_TCP && info->has_l4 &&
      unlikely((info->tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) || entry->watch)) {
    tcp_event(entry, key, version, info, sighting);
    *done |= FLOW_SAMPLE;
  }
  flow_add(entry, info, sighting);
  return entry;
}

static __always_inline void keep_owner(struct flow_entry* entry, struct flow_details* details,
                                       const struct sighting* sighting, struct bpf_sock* sk) {
  const __u32 local = (sighting->egress ? sighting->from : sighting->from ^ 1) & 1;
  if (!entry->initiator && sk->state == TCP_LISTEN && sk->protocol == IPPROTO_TCP) {
    entry->initiator = (local ^ 1) + 1;
    entry->bits |= FLOW_LISTENED;
  }
  if (details->accepted & (1 << local)) return;
  const struct socket_owner* owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
  if (owner) details->owner[local] = *owner;
}

static __always_inline void keep_round_trip(struct flow_entry* entry, const struct sighting* sighting,
                                            struct bpf_sock* sk) {
  /* The kernel's own socket for resets is a raw one of protocol TCP: bpf_tcp_sock takes it for what
   * it is not (net/core/filter.c). */
  if (sk->type != SOCK_STREAM) return;
  const struct bpf_tcp_sock* tcp = bpf_tcp_sock(sk);
  if (tcp) entry->srtt_us[(sighting->egress ? sighting->from : sighting->from ^ 1) & 1] = tcp->srtt_us >> 3;
}

/* Written by weir_clock, read by user space. */
struct flow_clock flow_clock;

/* Attached to nothing: user space runs it to relate last_jiffies to CLOCK_MONOTONIC. */
SEC("socket")
int weir_clock(struct __sk_buff* skb) {
  flow_clock.jiffies = bpf_jiffies64();
  flow_clock.time_ns = bpf_ktime_get_ns();
  return 0;
}

#include "bpf/flow_cgroup.h"
#include "bpf/flow_interface.h"
#include "bpf/flow_sockets.h"
