/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Live flow accounting: keys, entries, counters and ring records that bpf/flows.bpf.c and src/source share.
 */
#ifndef WEIR_WIRE_FLOW_H
#define WEIR_WIRE_FLOW_H

#include <linux/types.h>

#ifdef __cplusplus
#define WEIR_SIZE_IS(type, bytes) static_assert(sizeof(type) == (bytes), #type)
#else
#define WEIR_SIZE_IS(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#endif

/* Half of a key's `scope`: the protocol stands above, the IP version of the flow between. */
#define FLOW_SCOPE_NETNS 0x7fffff
#define FLOW_SCOPE_IPV4 0x800000
#define FLOW_SCOPE_PROTOCOL_SHIFT 24

/* The canonical 5-tuple: address[0] <= address[1] compared as the CPU loads them (one __u32, or two __u64),
 * where equal port[0] <= port[1]. ICMP echo: both ports are the echo id; other ICMP: the sender's port is
 * type << 8 | code in network byte order, the other one 0.
 *
 * `scope` is protocol << 24 | FLOW_SCOPE_IPV4 for IPv4 | the lower bits of the network namespace's inode
 * number at cgroup hooks, 0 at interface hooks. The kernel gives the lowest free number (fs/proc/generic.c
 * proc_alloc_inum), so that two namespaces differ there; flow_entry.netns has it whole. */
struct flow_key4 {
  __be32 address[2];
  __be16 port[2];
  __u32 scope;
};
WEIR_SIZE_IS(struct flow_key4, 16);

struct flow_key6 {
  __u8 address[2][16];
  __be16 port[2];
  __u32 scope;
};
WEIR_SIZE_IS(struct flow_key6, 40);

/* Who made, or accepted, a socket. pid is the thread group's; 0: unknown. */
struct socket_owner {
  __u64 cgroup_id; /* inode number of the cgroup's folder under cgroup2 */
  __u64 start_ns;  /* the process's start, CLOCK_BOOTTIME: tells a reused pid */
  __u32 pid;
  __u32 uid;
  __u32 netns;  /* inode number of the network namespace */
  __u32 socket; /* of the socket's address, a half: an accepted socket begins with a copy of its listener's */
  __u8 comm[16]; /* of the thread group's leader */
};
WEIR_SIZE_IS(struct socket_owner, 48);

/* Packets from key.address[i] to the other one. Counters are totals since the entry was made; nobody resets
 * them. */
struct flow_direction {
  __u32 last_jiffies;  /* lower half of jiffies64 */
  __u32 next_sequence; /* TCP: one past the highest sequence number seen, host byte order */
  __u64 sent_packets;  /* cgroup: egress; interfaces: at the counting point */
  __u64 sent_bytes;
};
WEIR_SIZE_IS(struct flow_direction, 24);

struct flow_receipt {
  __u64 packets; /* cgroup: ingress */
  __u64 bytes;
};
WEIR_SIZE_IS(struct flow_receipt, 16);

#define FLOW_MAX_INTERFACES 4

/* flow_entry.phase */
#define FLOW_PHASE_NONE 0
#define FLOW_PHASE_SYN 1
#define FLOW_PHASE_SYN_ACK 2
#define FLOW_PHASE_ESTABLISHED 3

/* flow_entry.bits */
#define FLOW_PARTIAL 1     /* TCP: began before Weir; no SYN was seen */
#define FLOW_ENDED 2       /* FIN both ways, RST, or a socket is gone: details.end_ns is set */
#define FLOW_CLOSED 4      /* a TCP socket of this flow reached TCP_CLOSE */
#define FLOW_TRANSLATED 8  /* details.wire_* differ from the key: NAT */
#define FLOW_OVERLONG 16   /* more interfaces crossed than FLOW_MAX_INTERFACES */
#define FLOW_ICMP_ERROR 32 /* an ICMP error quoted this flow */
#define FLOW_REFUSED 64    /* RST answered the SYN */
#define FLOW_LISTENED 128  /* the initiator was told from a listening socket */

/* Two cache lines. The first is all that a packet touches where it is sent; behind the map's header of 48
 * bytes (kernel/bpf/hashtab.c, struct htab_elem) and the IPv4 key the entry begins at a line's start, and an
 * element of the preallocated map is three lines. */
struct flow_entry {
  __u8 tcp_flags[2]; /* TCP: all flags seen */
  __u8 seen;         /* bits 0, 1: direction 0 received, sent; 2, 3: direction 1 */
  __u8 watch;        /* not 0: every packet takes the slow path (handshake under way) */
  __u8 bits;
  __u8 initiator; /* 0 unknown, 1: address[0], 2: address[1] */
  __u8 phase;
  __u8 generation; /* how often a SYN after the end began this entry anew, modulo 2^8 */
  __u32 point[2];  /* where each direction is counted; 0: none yet. Interfaces: ifindex << 1 | egress;
                      cgroup, multicast and broadcast: lower half of the receiving socket's cookie */
  struct flow_direction direction[2];

  struct flow_receipt received[2]; /* of what address[i] sent */
  __u32 retransmits[2];            /* TCP: segments that start below next_sequence */
  __u32 isn;                       /* TCP: initial sequence number of the SYN, host byte order */
  __u16 zero_windows[2];           /* TCP: segments that announce a window of 0, modulo 2^16 */
  __u32 srtt_us[2];                /* smoothed round trip of the TCP socket at address[i]; 0: none */
  __u32 netns;                     /* inode number of the network namespace; 0 at interface hooks */
  __u32 reserved;
};
WEIR_SIZE_IS(struct flow_entry, 128);

/* What few packets touch: first ones, handshakes, ends. Made before its entry, same key (as flow_key6). */
struct flow_details {
  struct socket_owner owner[2]; /* of the socket at key.address[i] */
  __u64 start_ns;               /* CLOCK_MONOTONIC, as all times here */
  __u64 syn_ns;                 /* first SYN */
  __u64 established_ns;         /* first segment of the initiator after the SYN+ACK */
  __u64 end_ns;
  __u8 wire_address[2][16]; /* as in the packets where NAT changed them; IPv4 in the first 4 bytes */
  __be16 wire_port[2];
  __u32 resets[2];                       /* TCP: RST segments of address[i] */
  __u32 interfaces[FLOW_MAX_INTERFACES]; /* ifindex of those crossed, in order of appearance; 0: none */
  __u8 first_sender;                     /* 1: address[0], 2: address[1] */
  __u8 accepted;                         /* bit i: owner[i] is who accepted the socket, and stays */
  __u8 icmp_type;                        /* of the first packet */
  __u8 icmp_code;
};
WEIR_SIZE_IS(struct flow_details, 192);

/* Per-CPU counters. The first PACKET_RESULTS (wire/packet_info.h) count the parser's results. */
enum flow_counter {
  FLOW_COUNTER_MAP_FULL = 16,          /* packets that found the map full and went to the ring */
  FLOW_COUNTER_RING_FULL_PACKETS = 17, /* lost: neither map nor ring had room */
  FLOW_COUNTER_RING_FULL_BYTES = 18,   /* their octets */
  FLOW_COUNTER_RING_FULL_ENDS = 19, /* ended flows whose last state found the ring full: joined to the next */
  FLOW_COUNTER_FRAGMENT_ORPHANS = 20, /* later fragments whose first was not seen: a flow without ports */
  FLOW_COUNTER_NO_NETNS = 21,         /* packets whose socket's namespace could not be told */
  FLOW_COUNTER_NO_SOCKET = 22,        /* packets at a cgroup hook without a full socket */
  FLOW_COUNTERS = 24,
};

/* rodata of bpf/flows.bpf.c, set before loading. */
struct flow_config {
  __u32 own_netns;   /* inode number of Weir's network namespace */
  __u8 at_interface; /* keys carry no namespace; a packet counts at one point only */
  __u8 decapsulate;
  __u8 no_storage_in_tracing; /* before 5.11 bpf_sk_storage_get is refused there */
  __u8 reserved;
};

/* What weir_clock writes: the two clocks of the flow programs at one moment. */
struct flow_clock {
  __u64 time_ns; /* CLOCK_MONOTONIC */
  __u64 jiffies;
};
WEIR_SIZE_IS(struct flow_clock, 16);

/* Every ring record begins so. */
struct event_header {
  __u64 time_ns; /* CLOCK_MONOTONIC */
  __u32 cpu;
  __u16 kind; /* enum flow_event_kind */
  __u16 size; /* of the whole record */
};
WEIR_SIZE_IS(struct event_header, 16);

enum flow_event_kind {
  FLOW_EVENT_RESTARTED = 1, /* an ended entry was begun anew: its state before that */
  FLOW_EVENT_OVERFLOW = 2,  /* one packet that found the map full */
};

struct flow_event_restarted {
  struct event_header header;
  struct flow_entry entry;
  struct flow_details details;
  struct flow_key6 key; /* IPv4: address[i][0..3], scope says */
};
WEIR_SIZE_IS(struct flow_event_restarted, 376);

struct flow_event_overflow {
  struct event_header header;
  __u64 packets;
  __u64 bytes;
  struct flow_key6 key;
  __u32 netns;
  __u8 from; /* 0: address[0] sent it, 1: address[1] */
  __u8 egress;
  __u8 tcp_flags;
  __u8 icmp_type;
  __u8 icmp_code;
  __u8 reserved[7];
};
WEIR_SIZE_IS(struct flow_event_overflow, 88);

#endif
