/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* IPv4 with options and fragments, IPv6 with extension headers: from an IP header to the transport header. */
#ifndef WEIR_PACKET_IP_H
#define WEIR_PACKET_IP_H

#include "packet/link.h"
#include "packet/reader.h"
#include "wire/packet_info.h"

#define PACKET_IPV4_BYTES 20
#define PACKET_IPV6_BYTES 40

/* Next header values (IANA, protocol numbers). */
#define PACKET_HOP_BY_HOP 0
#define PACKET_ROUTING 43
#define PACKET_FRAGMENT 44
#define PACKET_AUTHENTICATION 51
#define PACKET_NO_NEXT_HEADER 59
#define PACKET_DESTINATION 60
#define PACKET_MOBILITY 135
#define PACKET_HOST_IDENTITY 139
#define PACKET_SHIM6 140

struct packet_ipv4 {
  __u8 version_ihl;
  __u8 type_of_service;
  __be16 total_length;
  __be16 id;
  __be16 fragment_offset; /* 3 bits of flags first */
  __u8 time_to_live;
  __u8 protocol;
  __be16 checksum;
  __be32 source;
  __be32 destination;
};

struct packet_ipv6 {
  __u8 version_class;
  __u8 class_flow[3];
  __be16 payload_length;
  __u8 next_header;
  __u8 hop_limit;
  __u64 source[2];
  __u64 destination[2];
};

/* Octets from `cursor` to the end of what is around it, for a header that leaves its length 0. */
static __always_inline __u32 packet_bytes_left(const struct packet_cursor* cursor) {
  return cursor->end > cursor->offset ? cursor->end - cursor->offset : 0;
}

/* Called for a valid inner header: forgets what only the packet around it had. */
static __always_inline void packet_forget_outer(const struct packet_cursor* cursor,
                                                struct packet_info* info) {
  __builtin_memset(&info->source, 0, sizeof(info->source));
  __builtin_memset(&info->destination, 0, sizeof(info->destination));
  info->payload_bytes = 0;
  info->fragment_id = 0;
  info->tcp_sequence = 0;
  info->tcp_acknowledgment = 0;
  info->source_port = 0;
  info->destination_port = 0;
  info->tcp_window = 0;
  info->ether_type = cursor->ether_type;
  info->icmp_id = 0;
  info->tcp_flags = 0;
  info->fragment = PACKET_NOT_FRAGMENT;
  info->icmp_type = 0;
  info->icmp_code = 0;
  info->tunnels++;
  info->has_ports = 0;
  info->has_l4 = 0;
  info->link_tags = cursor->tags;
}

static __always_inline int packet_is_extension(__u8 header) {
  return header == PACKET_HOP_BY_HOP || header == PACKET_DESTINATION || header == PACKET_FRAGMENT ||
         header == PACKET_ROUTING || header == PACKET_AUTHENTICATION || header == PACKET_MOBILITY ||
         header == PACKET_HOST_IDENTITY || header == PACKET_SHIM6;
}

/* Passes IPv6 extension headers (RFC 8200 4) up to cursor->end; stops at a later fragment. */
static __always_inline enum packet_result packet_pass_extensions(const struct packet_reader* reader,
                                                                 const int access,
                                                                 struct packet_cursor* cursor,
                                                                 struct packet_info* info) {
  PACKET_NOT_UNROLLED
  for (int count = 0; count < PACKET_MAX_EXTENSIONS; count++) {
    struct {
      __u8 next_header;
      __u8 length;
      __be16 fragment_offset; /* in units of 8 octets, above 3 bits of flags */
      __be32 fragment_id;
    } header;
    __u32 start = cursor->offset;
    if (start + sizeof(header) > cursor->end) return PACKET_TRUNCATED_EXTENSION;
    if (packet_read(reader, access, start, &header, sizeof(header))) return PACKET_TRUNCATED_EXTENSION;
    __u32 bytes = ((__u32)header.length + 1) * 8;
    if (info->protocol == PACKET_FRAGMENT) {
      bytes = sizeof(header);
      __u16 offset = PACKET_NTOHS(header.fragment_offset);
      if (offset & 0xfff9) { /* RFC 6946: an atomic fragment is none */
        info->fragment = offset & 0xfff8 ? PACKET_LATER_FRAGMENT : PACKET_FIRST_FRAGMENT;
        info->fragment_id = header.fragment_id;
      }
    } else if (info->protocol == PACKET_AUTHENTICATION) {
      bytes = ((__u32)header.length + 2) * 4;
    }
    if (start + bytes > cursor->end) return PACKET_TRUNCATED_EXTENSION;
    if (bytes > sizeof(header) && !packet_has_byte(reader, access, start + bytes - 1))
      return PACKET_TRUNCATED_EXTENSION;
    cursor->offset = start + bytes;
    packet_join_ways(cursor);
    info->l4_offset = cursor->offset;
    info->protocol = header.next_header;
    if (info->fragment == PACKET_LATER_FRAGMENT || !packet_is_extension(header.next_header)) return PACKET_OK;
  }
  return PACKET_TOO_MANY_EXTENSIONS;
}

static __always_inline enum packet_result packet_pass_ipv6(const struct packet_reader* reader,
                                                           const int access, const int inner,
                                                           struct packet_cursor* cursor,
                                                           struct packet_info* info) {
  struct packet_ipv6 header;
  if (inner && cursor->offset + sizeof(header) > cursor->end) return PACKET_TRUNCATED_IP;
  if (PACKET_UNLIKELY(packet_read(reader, access, cursor->offset, &header, sizeof(header))))
    return PACKET_TRUNCATED_IP;
  if (PACKET_UNLIKELY(header.version_class >> 4 != 6)) return PACKET_BAD_IP_VERSION;
  __u32 bytes = (__u32)PACKET_NTOHS(header.payload_length) + PACKET_IPV6_BYTES;
  if (PACKET_UNLIKELY(header.payload_length == 0) && header.next_header != PACKET_NO_NEXT_HEADER) {
    bytes = packet_bytes_left(cursor);
    if (bytes < PACKET_IPV6_BYTES) return PACKET_BAD_IP_HEADER;
  }
  if (inner) packet_forget_outer(cursor, info);
  info->source.words[0] = header.source[0];
  info->source.words[1] = header.source[1];
  info->destination.words[0] = header.destination[0];
  info->destination.words[1] = header.destination[1];
  info->version = 6;
  info->protocol = header.next_header;
  info->ip_bytes = bytes;
  info->l3_offset = cursor->offset;
  cursor->end = cursor->offset + bytes;
  cursor->offset += PACKET_IPV6_BYTES;
  info->l4_offset = cursor->offset;
  if (PACKET_UNLIKELY(packet_is_extension(header.next_header))) {
    if (access == PACKET_PLAIN) return PACKET_TRUNCATED_EXTENSION;
    return packet_pass_extensions(reader, access, cursor, info);
  }
  return PACKET_OK;
}

static __always_inline enum packet_result packet_pass_ip(const struct packet_reader* reader, const int access,
                                                         const int inner, struct packet_cursor* cursor,
                                                         struct packet_info* info) {
  if (cursor->next == PACKET_ETHER_IPV6) return packet_pass_ipv6(reader, access, inner, cursor, info);
  struct packet_ipv4 header;
  if (inner && cursor->offset + sizeof(header) > cursor->end) return PACKET_TRUNCATED_IP;
  if (PACKET_UNLIKELY(packet_read(reader, access, cursor->offset, &header, sizeof(header))))
    return PACKET_TRUNCATED_IP;
  __u32 header_bytes = (header.version_ihl & 0x0f) * 4u;
  if (PACKET_UNLIKELY(header.version_ihl >> 4 != 4)) {
    if (cursor->next == 0 && header.version_ihl >> 4 == 6)
      return packet_pass_ipv6(reader, access, inner, cursor, info);
    return PACKET_BAD_IP_VERSION;
  }
  if (PACKET_UNLIKELY(header_bytes < PACKET_IPV4_BYTES)) return PACKET_BAD_IP_HEADER;
  __u32 bytes = PACKET_NTOHS(header.total_length);
  if (PACKET_UNLIKELY(bytes == 0)) {
    bytes = packet_bytes_left(cursor);
    /* verifier: a known 0 that is not below header_bytes, which is 20 or more; seen on 6.1 */
    if (bytes < PACKET_IPV4_BYTES) return PACKET_BAD_IP_HEADER;
  }
  if (PACKET_UNLIKELY(bytes < header_bytes)) return PACKET_BAD_IP_HEADER;

  if (inner) packet_forget_outer(cursor, info);
  info->source.v4 = header.source;
  info->destination.v4 = header.destination;
  info->version = 4;
  info->protocol = header.protocol;
  info->ip_bytes = bytes;
  info->l3_offset = cursor->offset;
  cursor->end = cursor->offset + bytes;
  cursor->offset += header_bytes;
  info->l4_offset = cursor->offset;
  __u16 fragment_offset = PACKET_NTOHS(header.fragment_offset);
  if (PACKET_UNLIKELY(fragment_offset & 0x3fff)) {
    info->fragment = fragment_offset & 0x1fff ? PACKET_LATER_FRAGMENT : PACKET_FIRST_FRAGMENT;
    info->fragment_id = header.id;
  }
  if (PACKET_UNLIKELY(header_bytes > PACKET_IPV4_BYTES) &&
      !packet_has_byte(reader, access, cursor->offset - 1))
    return PACKET_TRUNCATED_EXTENSION;
  return PACKET_OK;
}

#endif
