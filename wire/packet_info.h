/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the packet parser found in one packet; shared by BPF and user space. */
#ifndef WEIR_WIRE_PACKET_INFO_H
#define WEIR_WIRE_PACKET_INFO_H

#include <linux/types.h>

/* Outcome of parsing one packet. Values are appended, never reused: they index per-CPU counters.
 * From PACKET_FIRST_WITH_IP on, the IP header was valid: addresses, protocol and ip_bytes are set, and the
 * packet counts for its address pair (a flow without ports). */
enum packet_result {
  PACKET_OK = 0,
  PACKET_TRUNCATED_LINK = 1,      /* ended inside the link header or a tag */
  PACKET_NOT_IP = 2,              /* ether_type says which protocol */
  PACKET_TOO_MANY_TAGS = 3,       /* more than PACKET_MAX_TAGS VLAN tags or MPLS labels */
  PACKET_TRUNCATED_IP = 4,        /* ended inside the fixed IP header */
  PACKET_BAD_IP_VERSION = 5,      /* version field is not what the link header announced */
  PACKET_BAD_IP_HEADER = 6,       /* ihl < 5, or total length < header length */
  PACKET_UNKNOWN_LINK = 7,        /* a link type that the parser does not read */
  PACKET_TRUNCATED_EXTENSION = 8, /* ended inside IPv4 options or an IPv6 extension header */
  PACKET_TOO_MANY_EXTENSIONS = 9, /* more than PACKET_MAX_EXTENSIONS IPv6 extension headers */
  PACKET_TRUNCATED_L4 = 10,       /* ended inside the transport header */
  PACKET_BAD_L4_HEADER =
      11, /* TCP data offset < 5 or past the packet; UDP length < 8 (but 0 with a jumbogram) */
  PACKET_RESULTS = 12,
};
#define PACKET_FIRST_WITH_IP PACKET_TRUNCATED_EXTENSION
#define PACKET_HAS_IP(result) ((result) == PACKET_OK || (result) >= PACKET_FIRST_WITH_IP)

#define PACKET_MAX_TAGS 3
#define PACKET_MAX_EXTENSIONS 8
#define PACKET_MAX_TUNNELS 2

/* packet_info.fragment */
#define PACKET_NOT_FRAGMENT 0
#define PACKET_FIRST_FRAGMENT 1
#define PACKET_LATER_FRAGMENT 2

union packet_address {
  __be32 v4;
  __u8 v6[16];
  __u64 words[2];
};

struct packet_info {
  union packet_address source; /* IPv4: .v4, the rest is 0 */
  union packet_address destination;
  __u32 ip_bytes; /* octets of the IP packet by its header; where the header says 0, to the frame's end */
  __u32 payload_bytes; /* octets after the transport header by the IP header's length; 0 without one */
  __u32 l3_offset;     /* from the first byte read to the (innermost) IP header */
  __u32 l4_offset;     /* to the transport header */
  __u32 fragment_id;   /* as in the header, network byte order; 0 unless `fragment` */
  __u32 tcp_sequence;  /* host byte order */
  __u32 tcp_acknowledgment;
  __be16 source_port; /* TCP, UDP, SCTP; 0 otherwise */
  __be16 destination_port;
  __u16 tcp_window; /* host byte order, unscaled */
  __u16 ether_type; /* host byte order: the innermost EtherType read */
  __be16 icmp_id;   /* echo request and reply only */
  __u8 version;     /* 4 or 6 */
  __u8 protocol;    /* IPPROTO_*: after IPv6 extension headers */
  __u8 tcp_flags;   /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128 */
  __u8 fragment;
  __u8 icmp_type;
  __u8 icmp_code;
  __u8 tunnels;   /* headers taken off with decapsulation on */
  __u8 has_ports; /* the transport header was there and has ports */
  __u8 has_l4;    /* the transport header was there whole: tcp_*, icmp_* mean something */
  __u8 link_tags; /* VLAN tags and MPLS labels passed */
};

#endif
