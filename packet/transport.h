/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Transport headers: ports, TCP's fields, ICMP's type, code and echo id. */
#ifndef WEIR_PACKET_TRANSPORT_H
#define WEIR_PACKET_TRANSPORT_H

#include "packet/reader.h"
#include "wire/packet_info.h"

/* Protocol numbers (IANA). */
#define PACKET_ICMP 1
#define PACKET_TCP 6
#define PACKET_UDP 17
#define PACKET_ICMPV6 58
#define PACKET_SCTP 132

#define PACKET_TCP_BYTES 20
#define PACKET_UDP_BYTES 8
#define PACKET_ICMP_BYTES 8
#define PACKET_SCTP_BYTES 12

struct packet_tcp {
  __be16 source;
  __be16 destination;
  __be32 sequence;
  __be32 acknowledgment;
  __u8 data_offset; /* in units of 4 octets, in the upper 4 bits */
  __u8 flags;
  __be16 window;
  __be16 checksum;
  __be16 urgent;
};

static __always_inline enum packet_result packet_read_tcp(const struct packet_reader* reader,
                                                          const int access, __u32 offset, __u32 left,
                                                          struct packet_info* info) {
  struct packet_tcp header;
  if (PACKET_UNLIKELY(left < PACKET_TCP_BYTES)) return PACKET_TRUNCATED_L4;
  if (PACKET_UNLIKELY(packet_read(reader, access, offset, &header, sizeof(header))))
    return PACKET_TRUNCATED_L4;
  __u32 header_bytes = (header.data_offset >> 4) * 4u;
  if (PACKET_UNLIKELY(header_bytes < PACKET_TCP_BYTES || header_bytes > left)) return PACKET_BAD_L4_HEADER;
  info->source_port = header.source;
  info->destination_port = header.destination;
  info->tcp_sequence = PACKET_NTOHL(header.sequence);
  info->tcp_acknowledgment = PACKET_NTOHL(header.acknowledgment);
  info->tcp_window = PACKET_NTOHS(header.window);
  info->tcp_flags = header.flags;
  info->payload_bytes = left - header_bytes;
  info->has_ports = 1;
  info->has_l4 = 1;
  return PACKET_OK;
}

static __always_inline enum packet_result packet_read_udp(const struct packet_reader* reader,
                                                          const int access, __u32 offset, __u32 left,
                                                          struct packet_info* info) {
  struct {
    __be16 source;
    __be16 destination;
    __be16 length;
    __be16 checksum;
  } header;
  if (PACKET_UNLIKELY(left < PACKET_UDP_BYTES)) return PACKET_TRUNCATED_L4;
  if (PACKET_UNLIKELY(packet_read(reader, access, offset, &header, sizeof(header))))
    return PACKET_TRUNCATED_L4;
  /* RFC 2675 4: 0 in a jumbogram, whose datagram is longer than the field can say. */
  if (PACKET_UNLIKELY(PACKET_NTOHS(header.length) < PACKET_UDP_BYTES) &&
      !(header.length == 0 && left > 0xffff))
    return PACKET_BAD_L4_HEADER;
  info->source_port = header.source;
  info->destination_port = header.destination;
  info->payload_bytes = left - PACKET_UDP_BYTES;
  info->has_ports = 1;
  info->has_l4 = 1;
  return PACKET_OK;
}

static __always_inline enum packet_result packet_read_icmp(const struct packet_reader* reader,
                                                           const int access, __u32 offset, __u32 left,
                                                           struct packet_info* info) {
  struct {
    __u8 type;
    __u8 code;
    __be16 checksum;
    __be16 id;
    __be16 sequence;
  } header;
  if (left < PACKET_ICMP_BYTES) return PACKET_TRUNCATED_L4;
  if (packet_read(reader, access, offset, &header, sizeof(header))) return PACKET_TRUNCATED_L4;
  int echo = info->protocol == PACKET_ICMP ? header.type == 8 || header.type == 0
                                           : header.type == 128 || header.type == 129;
  info->icmp_type = header.type;
  info->icmp_code = header.code;
  info->icmp_id = echo ? header.id : 0;
  info->payload_bytes = left - PACKET_ICMP_BYTES;
  info->has_l4 = 1;
  return PACKET_OK;
}

static __always_inline enum packet_result packet_read_sctp(const struct packet_reader* reader,
                                                           const int access, __u32 offset, __u32 left,
                                                           struct packet_info* info) {
  struct {
    __be16 source;
    __be16 destination;
    __be32 verification_tag;
    __be32 checksum;
  } header;
  if (left < PACKET_SCTP_BYTES) return PACKET_TRUNCATED_L4;
  if (packet_read(reader, access, offset, &header, sizeof(header))) return PACKET_TRUNCATED_L4;
  info->source_port = header.source;
  info->destination_port = header.destination;
  info->payload_bytes = left - PACKET_SCTP_BYTES;
  info->has_ports = 1;
  info->has_l4 = 1;
  return PACKET_OK;
}

/* Reads the header at `cursor`, bounded by the IP header's length. A later fragment has none; a protocol that
 * we do not read has none for us. Fields are set only where the header was there whole and valid. */
static __always_inline enum packet_result packet_read_transport(const struct packet_reader* reader,
                                                                const int access,
                                                                const struct packet_cursor* cursor,
                                                                struct packet_info* info) {
  __u32 offset = cursor->offset;
  __u32 left = cursor->end - offset;
  if (PACKET_UNLIKELY(info->fragment == PACKET_LATER_FRAGMENT)) return PACKET_OK;
  if (PACKET_LIKELY(info->protocol == PACKET_TCP)) return packet_read_tcp(reader, access, offset, left, info);
  if (PACKET_LIKELY(info->protocol == PACKET_UDP)) return packet_read_udp(reader, access, offset, left, info);
  if (info->protocol == PACKET_ICMP || info->protocol == PACKET_ICMPV6)
    return packet_read_icmp(reader, access, offset, left, info);
  if (info->protocol == PACKET_SCTP) return packet_read_sctp(reader, access, offset, left, info);
  return PACKET_OK;
}

#endif
