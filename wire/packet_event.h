/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One captured packet in the ring of bpf/packets.bpf.c, and what else that object shares with user space. */
#ifndef WEIR_WIRE_PACKET_EVENT_H
#define WEIR_WIRE_PACKET_EVENT_H

#include <linux/types.h>

#include "wire/flow.h"

/* packet_event.kind */
#define PACKET_EVENT_PACKET 1

/* packet_event.point */
#define PACKET_POINT_XDP 1
#define PACKET_POINT_TC 2
#define PACKET_POINT_CGROUP 3
#define PACKET_POINT_SOCKET 4

/* packet_event.direction, as the interface, or the cgroup, sees it */
#define PACKET_INGRESS 1
#define PACKET_EGRESS 2

/* packet_event.checksum: of the transport header */
#define PACKET_CHECKSUM_UNKNOWN 0
#define PACKET_CHECKSUM_FILLED 1  /* it is in the packet */
#define PACKET_CHECKSUM_PARTIAL 2 /* the card, or nobody, is to fill it in: CHECKSUM_PARTIAL of skbuff.h */

/* The largest copy of one packet; tcpdump's largest snapshot length. */
#define PACKET_LONGEST_COPY 262144
/* The kernel copies at least so much where there is so much: room for a VLAN tag that is put back. */
#define PACKET_SHORTEST_COPY 64

/* The packet's bytes follow; the ring's record may be longer than both (records come in a few sizes). */
struct packet_event {
  __u64 time_ns; /* CLOCK_BOOTTIME */
  __u32 cpu;
  __u16 kind;
  __u8 point;
  __u8 direction;
  __u64 buffer;  /* the kernel's address of the first byte: the same as long as the buffer is; 0: unknown */
  __u32 ifindex; /* in its own network namespace */
  __u32 wire_bytes;     /* with a VLAN tag that the card had stripped */
  __u32 captured_bytes; /* of them here, from the link header, or where there is none the IP header, on */
  __u16 segments;       /* of a GSO or GRO buffer; 0 or 1: one packet */
  __u8 checksum;
  __u8 reserved;
  struct socket_owner owner; /* of the sending socket (egress) or the receiving one (ingress) */
};
WEIR_SIZE_IS(struct packet_event, 88);

/* rodata of bpf/packets.bpf.c, set before loading. */
struct packets_config {
  __u32 snap_bytes;      /* PACKET_SHORTEST_COPY ... PACKET_LONGEST_COPY */
  __u32 arrives_only;    /* ifindex of which packet sockets take what arrives only (loopback); 0: of none */
  __u8 headers_only;     /* up to the end of the transport header */
  __u8 socket_direction; /* which way packet sockets take packets; 0: both */
  __u8 checksums;        /* packet_event.checksum is asked for */
  __u8 reserved;
};

/* bss of bpf/packets.bpf.c: packets that matched and were not copied, by cause. */
struct packets_lost {
  __u64 ring_full;
  __u64 unreadable; /* the kernel would not copy the bytes */
};

#endif
