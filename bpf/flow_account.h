/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What one packet does to its flow's entry and details. Knows neither hooks nor sockets. */
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

/* A counting point that saw nothing for this long (2 s at 250 Hz) gives way to the next that sees the flow.
 */
#define POINT_IDLE_JIFFIES 500
/* Slow-changing facts (round trip) are read again at most once in 2^8 jiffies for each direction: about once
 * between sweeps. */
#define SAMPLE_SHIFT 8

/* One packet as one hook saw it. */
struct sighting {
  __u64 bytes;    /* octets of IP packets on the wire: the headers once for each segment */
  __u32 packets;  /* on the wire: the segments of a GSO or GRO buffer */
  __u32 from;     /* which address of the key sent it: 0 or 1 */
  __u32 point;    /* ifindex << 1 | egress at interfaces; 0 at cgroup hooks */
  __u32 receiver; /* cgroup: the socket, of packets that several receive; else 0 */
  __u32 netns;    /* cgroup: inode number of the network namespace; else 0 */
  __u32 egress;
};

/* What flow_account tells its caller. */
#define FLOW_COUNTED 1
#define FLOW_FIRST_OF_SIDE 2 /* look up owners */
#define FLOW_SAMPLE 4        /* time to read the socket's slow-changing facts */

static __always_inline int flow_sends(const struct sighting* sighting) {
  return sighting->point || sighting->egress;
}

static __always_inline void flow_end(struct flow_entry* entry, struct flow_details* details, __u8 bits,
                                     __u64 now) {
  entry->bits |= FLOW_ENDED | bits;
  entry->watch = 0;
  if (!details->end_ns) details->end_ns = now;
}

/* Handshake, FIN and RST of one segment, whose flags are not yet in the entry. */
static __always_inline void flow_tcp_event(struct flow_entry* entry, struct flow_details* details, __u32 from,
                                           int sends, const struct packet_info* info) {
  const __u64 now = bpf_ktime_get_ns();
  const __u8 flags = info->tcp_flags;
  const __u32 other = (from ^ 1) & 1;
  from &= 1;
  if (flags & TCP_FLAG_RST) {
    if (sends || !entry->direction[from].sent_packets) details->resets[from]++;
    const int answers_syn = entry->phase == FLOW_PHASE_SYN && entry->initiator == other + 1;
    const int answers_unseen = entry->phase == FLOW_PHASE_NONE && !entry->tcp_flags[from] &&
                               !entry->tcp_flags[other] && (flags & TCP_FLAG_ACK);
    if (answers_syn || answers_unseen) {
      entry->initiator = other + 1;
      flow_end(entry, details, FLOW_REFUSED, now);
    }
    flow_end(entry, details, 0, now);
    return;
  }
  if (flags & TCP_FLAG_SYN) {
    if (entry->phase == FLOW_PHASE_NONE && !(flags & TCP_FLAG_ACK)) {
      entry->initiator = from + 1;
      entry->isn = info->tcp_sequence;
      details->syn_ns = now;
      entry->phase = FLOW_PHASE_SYN;
      entry->watch = 1;
    } else if (entry->phase <= FLOW_PHASE_SYN && (flags & TCP_FLAG_ACK)) {
      if (!entry->initiator) entry->initiator = other + 1;
      entry->phase = FLOW_PHASE_SYN_ACK;
      entry->watch = 1;
    }
  } else if (entry->phase == FLOW_PHASE_SYN_ACK && entry->initiator == from + 1) {
    if (details->syn_ns) details->established_ns = now;
    entry->phase = FLOW_PHASE_ESTABLISHED;
    entry->watch = 0;
  }
  if ((flags & TCP_FLAG_FIN) && (entry->tcp_flags[other] & TCP_FLAG_FIN)) flow_end(entry, details, 0, now);
}

static __always_inline void flow_tcp_sequence(struct flow_entry* entry, __u32 from,
                                              const struct packet_info* info, __u32 packets) {
  struct flow_direction* own = &entry->direction[from];
  const __u8 flags = info->tcp_flags;
  const __u32 length = info->payload_bytes + !!(flags & TCP_FLAG_SYN) + !!(flags & TCP_FLAG_FIN);
  const __u32 next = info->tcp_sequence + length;
  if (!entry->tcp_flags[from]) {
    own->next_sequence = next;
  } else if (length && !(flags & TCP_FLAG_RST)) {
    const __s32 behind = (__s32)(info->tcp_sequence - own->next_sequence);
    /* A keep-alive repeats at most the last octet (RFC 9293 3.8.4): no retransmission. */
    if (unlikely(behind < 0) && !(behind == -1 && info->payload_bytes <= 1 && length == info->payload_bytes))
      entry->retransmits[from] += packets;
    if ((__s32)(next - own->next_sequence) > 0) own->next_sequence = next;
  }
  if (unlikely(!info->tcp_window) && !(flags & TCP_FLAG_RST)) entry->zero_windows[from]++;
}

/* Adds `point` to the interfaces crossed. */
static __always_inline void flow_cross(struct flow_entry* entry, struct flow_details* details, __u32 point) {
  const __u32 interface = point >> 1;
#pragma unroll
  for (int i = 0; i < FLOW_MAX_INTERFACES; i++) {
    if (details->interfaces[i] == interface) return;
    if (!details->interfaces[i]) {
      details->interfaces[i] = interface;
      return;
    }
  }
  entry->bits |= FLOW_OVERLONG;
}

/* Adds the packet to the totals; flags last, what comes before compares with the earlier ones. */
static __always_inline void flow_add(struct flow_entry* entry, const struct packet_info* info,
                                     const struct sighting* sighting) {
  const __u32 from = sighting->from & 1;
  struct flow_direction* own = &entry->direction[from];
  const int sends = flow_sends(sighting);
  if (info->protocol == IPPROTO_TCP && info->has_l4) {
    /* The side that reports follows the sequence numbers; a packet of this node that is seen twice does so
     * once. */
    if (sends || !own->sent_packets) {
      flow_tcp_sequence(entry, from, info, sighting->packets);
    }
    if (info->tcp_flags & ~entry->tcp_flags[from]) entry->tcp_flags[from] |= info->tcp_flags;
  }
  if (sends) {
    __sync_fetch_and_add(&own->sent_packets, sighting->packets);
    __sync_fetch_and_add(&own->sent_bytes, sighting->bytes);
  } else {
    __sync_fetch_and_add(&entry->received[from].packets, sighting->packets);
    __sync_fetch_and_add(&entry->received[from].bytes, sighting->bytes);
  }
}

/* Writes what only the first packet tells. */
static __always_inline void flow_begin(struct flow_entry* entry, struct flow_details* details,
                                       const struct packet_info* info, __u32 from) {
  details->first_sender = from + 1;
  details->icmp_type = info->icmp_type;
  details->icmp_code = info->icmp_code;
  details->start_ns = bpf_ktime_get_ns();
  if (info->protocol == IPPROTO_TCP && !(info->tcp_flags & TCP_FLAG_SYN)) entry->bits |= FLOW_PARTIAL;
}

/* A SYN with a new sequence number on an ended entry: the same entry, another flow. Counters go on. */
static __always_inline int flow_begins_anew(const struct flow_entry* entry, const struct packet_info* info) {
  return info->protocol == IPPROTO_TCP && (info->tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN &&
         (entry->bits & FLOW_ENDED) && info->tcp_sequence != entry->isn;
}

static __always_inline void flow_begin_anew(struct flow_entry* entry, struct flow_details* details,
                                            const struct packet_info* info, __u32 from) {
  entry->generation++;
  entry->bits = entry->watch = entry->seen = entry->initiator = 0;
  entry->phase = FLOW_PHASE_NONE;
  entry->tcp_flags[0] = entry->tcp_flags[1] = 0;
  details->syn_ns = details->established_ns = details->end_ns = 0;
  details->accepted = 0;
  details->owner[0].pid = details->owner[1].pid = 0;
  entry->srtt_us[0] = entry->srtt_us[1] = 0;
  details->resets[0] = details->resets[1] = 0;
  flow_begin(entry, details, info, from);
}

#endif
