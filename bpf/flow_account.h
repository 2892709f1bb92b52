/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What one packet does to its flow's entry. Knows neither hooks nor sockets. */
#ifndef WEIR_BPF_FLOW_ACCOUNT_H
#define WEIR_BPF_FLOW_ACCOUNT_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>

#include "wire/flow.h"
#include "wire/packet_info.h"

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define TCP_FLAG_FIN 1
#define TCP_FLAG_SYN 2
#define TCP_FLAG_RST 4
#define TCP_FLAG_ACK 16

/* A counting point that saw nothing for this long (2 s at 250 Hz) gives way to the next that sees the flow. */
#define POINT_IDLE_JIFFIES 500
/* Slow-changing facts (round trip) are read again at most once in 2^4 jiffies for each direction. */
#define SAMPLE_SHIFT 4

/* One packet as one hook saw it. */
struct sighting {
  __u64 bytes;   /* octets of IP packets on the wire: the headers once for each segment */
  __u32 packets; /* on the wire: the segments of a GSO or GRO buffer */
  __u32 from;    /* which address of the key sent it: 0 or 1 */
  __u32 point;   /* ifindex << 1 | egress at interfaces; 0 at cgroup hooks */
  __u32 egress;
};

/* What the caller has to do after flow_account. */
#define FLOW_COUNTED 1
#define FLOW_FIRST_OF_SIDE 2 /* look up owners */
#define FLOW_SAMPLE 4        /* time to read the socket's slow-changing facts */

static __always_inline void flow_end(struct flow_entry *entry, __u8 bits, __u64 now) {
  entry->bits |= FLOW_ENDED | bits;
  if (!entry->end_ns) entry->end_ns = now;
}

/* Handshake, FIN and RST of one segment, whose flags are not yet in the direction. */
static __always_inline void flow_tcp_event(struct flow_entry *entry, __u32 from, const struct packet_info *info) {
  const __u64 now = bpf_ktime_get_ns();
  const __u8 flags = info->tcp_flags;
  struct flow_direction *own = &entry->direction[from & 1];
  struct flow_direction *other = &entry->direction[(from ^ 1) & 1];
  if (flags & TCP_FLAG_RST) {
    if (entry->phase == FLOW_PHASE_SYN ? entry->initiator == (from ^ 1) + 1
                                       : entry->phase == FLOW_PHASE_NONE && !other->seen && !own->tcp_flags) {
      entry->initiator = (from ^ 1) + 1;
      flow_end(entry, FLOW_REFUSED, now);
    }
    flow_end(entry, 0, now);
    own->watch = other->watch = 0;
    return;
  }
  if (flags & TCP_FLAG_SYN) {
    if (entry->phase == FLOW_PHASE_NONE && !(flags & TCP_FLAG_ACK)) {
      entry->initiator = from + 1;
      entry->isn = info->tcp_sequence;
      entry->syn_ns = now;
      entry->phase = FLOW_PHASE_SYN;
      own->watch = other->watch = 1;
    } else if (entry->phase <= FLOW_PHASE_SYN && (flags & TCP_FLAG_ACK)) {
      if (!entry->initiator) entry->initiator = (from ^ 1) + 1;
      entry->phase = FLOW_PHASE_SYN_ACK;
      own->watch = other->watch = 1;
    }
  } else if (entry->phase == FLOW_PHASE_SYN_ACK && entry->initiator == from + 1) {
    if (entry->syn_ns) entry->established_ns = now;
    entry->phase = FLOW_PHASE_ESTABLISHED;
    own->watch = other->watch = 0;
  }
  if ((flags & TCP_FLAG_FIN) && (other->tcp_flags & TCP_FLAG_FIN)) flow_end(entry, 0, now);
}

static __always_inline void flow_tcp_sequence(struct flow_direction *own, const struct packet_info *info,
                                              __u32 packets) {
  const __u8 flags = info->tcp_flags;
  const __u32 length = info->payload_bytes + !!(flags & TCP_FLAG_SYN) + !!(flags & TCP_FLAG_FIN);
  const __u32 next = info->tcp_sequence + length;
  if (!own->tcp_flags) {
    own->next_sequence = next;
  } else if (length && !(flags & TCP_FLAG_RST)) {
    const __s32 behind = (__s32)(info->tcp_sequence - own->next_sequence);
    /* A keep-alive repeats at most the last octet (RFC 9293 3.8.4): no retransmission. */
    if (unlikely(behind < 0) && !(behind == -1 && info->payload_bytes <= 1 && length == info->payload_bytes))
      own->retransmits += packets;
    if ((__s32)(next - own->next_sequence) > 0) own->next_sequence = next;
  }
  if (unlikely(!info->tcp_window) && !(flags & TCP_FLAG_RST)) own->zero_windows++;
}

/* Adds `point` to the interfaces crossed. */
static __always_inline void flow_cross(struct flow_entry *entry, __u32 point) {
  const __u32 interface = point >> 1;
#pragma unroll
  for (int i = 0; i < FLOW_MAX_INTERFACES; i++) {
    if (entry->interfaces[i] == interface) return;
    if (!entry->interfaces[i]) {
      entry->interfaces[i] = interface;
      return;
    }
  }
  entry->bits |= FLOW_OVERLONG;
}

/* Counts one packet. At interfaces each direction counts at one point only, so that a packet that crosses a
 * veth pair, a bridge and a card is one packet. Returns FLOW_* bits; 0: counted elsewhere. */
static __always_inline __u32 flow_account(struct flow_entry *entry, const struct packet_info *info,
                                          const struct sighting *sighting) {
  const __u32 from = sighting->from & 1;
  struct flow_direction *own = &entry->direction[from];
  const __u64 jiffies = bpf_jiffies64();
  if (sighting->point && unlikely(own->point != sighting->point)) {
    flow_cross(entry, sighting->point);
    if (own->point && jiffies - own->last_jiffies < POINT_IDLE_JIFFIES) return 0;
    own->point = sighting->point;
  }
  __u32 done = FLOW_COUNTED;
  const __u8 side = sighting->egress ? 2 : 1;
  if (unlikely(!(own->seen & side))) done |= FLOW_FIRST_OF_SIDE;
  if (jiffies >> SAMPLE_SHIFT != own->last_jiffies >> SAMPLE_SHIFT) done |= FLOW_SAMPLE;
  own->last_jiffies = jiffies;

  const int sends = sighting->point || sighting->egress;
  if (info->protocol == IPPROTO_TCP && info->has_l4) {
    const __u8 flags = info->tcp_flags;
    if (unlikely((flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) || own->watch)) {
      if (flags & TCP_FLAG_RST && (sends || !own->sent_packets)) own->resets++;
      flow_tcp_event(entry, from, info);
      done |= FLOW_SAMPLE;
    }
    /* The side that reports follows the sequence numbers; a packet of this node that is seen twice does so once. */
    if (sends || !own->sent_packets) flow_tcp_sequence(own, info, sighting->packets);
    if (flags & ~own->tcp_flags) own->tcp_flags |= flags;
  }
  if (done & FLOW_FIRST_OF_SIDE) own->seen |= side;
  if (sends) {
    __sync_fetch_and_add(&own->sent_packets, sighting->packets);
    __sync_fetch_and_add(&own->sent_bytes, sighting->bytes);
  } else {
    __sync_fetch_and_add(&own->received_packets, sighting->packets);
    __sync_fetch_and_add(&own->received_bytes, sighting->bytes);
  }
  return done;
}

/* Writes what only the first packet tells; start_ns last, it makes the entry visible. */
static __always_inline void flow_begin(struct flow_entry *entry, const struct packet_info *info, __u32 from) {
  entry->first_sender = from + 1;
  entry->icmp_type = info->icmp_type;
  entry->icmp_code = info->icmp_code;
  if (info->protocol == IPPROTO_TCP && !(info->tcp_flags & TCP_FLAG_SYN)) entry->bits |= FLOW_PARTIAL;
  entry->start_ns = bpf_ktime_get_ns();
}

/* A SYN with a new sequence number on an ended entry: the same entry, another flow. Counters go on. */
static __always_inline int flow_begins_anew(const struct flow_entry *entry, const struct packet_info *info) {
  return info->protocol == IPPROTO_TCP && (info->tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN &&
         (entry->bits & FLOW_ENDED) && info->tcp_sequence != entry->isn;
}

static __always_inline void flow_begin_anew(struct flow_entry *entry, const struct packet_info *info, __u32 from) {
  entry->generation++;
  entry->bits = 0;
  entry->phase = FLOW_PHASE_NONE;
  entry->initiator = 0;
  entry->accepted = 0;
  entry->syn_ns = entry->established_ns = entry->end_ns = 0;
#pragma unroll
  for (int i = 0; i < 2; i++) {
    struct flow_direction *direction = &entry->direction[i];
    direction->tcp_flags = direction->seen = direction->watch = 0;
    direction->next_sequence = 0;
    entry->owner[i].pid = 0;
    entry->srtt_us[i] = 0;
  }
  flow_begin(entry, info, from);
}

#endif
