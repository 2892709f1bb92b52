/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Link headers: from the first byte of a frame to its IP header. */
#ifndef WEIR_PACKET_LINK_H
#define WEIR_PACKET_LINK_H

#include "packet/reader.h"
#include "wire/packet_info.h"

/* Where the first byte read belongs. Values of our own; src/decode maps LINKTYPE_* to them. */
#define PACKET_LINK_ETHERNET 0
#define PACKET_LINK_IP 1 /* raw IP of either version: cgroup hooks, raw links */
#define PACKET_LINK_SLL 2
#define PACKET_LINK_SLL2 3
#define PACKET_LINK_NULL 4  /* BSD loopback, either byte order */
#define PACKET_LINK_PPP 5   /* with or without HDLC framing; Cisco HDLC too */
#define PACKET_LINK_PPPOE 6 /* a PPPoE header first */

#define PACKET_ETHER_IPV4 0x0800
#define PACKET_ETHER_TEB 0x6558 /* Ethernet inside a tunnel */
#define PACKET_ETHER_VLAN 0x8100
#define PACKET_ETHER_IPV6 0x86dd
#define PACKET_ETHER_MPLS 0x8847
#define PACKET_ETHER_MPLS_MULTICAST 0x8848
#define PACKET_ETHER_PPPOE 0x8864 /* session stage */
#define PACKET_ETHER_QINQ 0x88a8
#define PACKET_ETHER_QINQ_OLD 0x9100

#define PACKET_ETHERNET_BYTES 14

static __always_inline int packet_is_vlan(__u16 ether_type) {
  return ether_type == PACKET_ETHER_VLAN || ether_type == PACKET_ETHER_QINQ ||
         ether_type == PACKET_ETHER_QINQ_OLD;
}

static __always_inline int packet_is_mpls(__u16 ether_type) {
  return ether_type == PACKET_ETHER_MPLS || ether_type == PACKET_ETHER_MPLS_MULTICAST;
}

/* Passes labels to the bottom of the stack; nothing says what follows but its first nibble (RFC 4928). */
static __always_inline enum packet_result packet_pass_mpls(const struct packet_reader* reader,
                                                           const int access, struct packet_cursor* cursor) {
  PACKET_NOT_UNROLLED
  for (int label = 0; label < PACKET_MAX_TAGS; label++) {
    __u8 entry[4];
    if (packet_read(reader, access, cursor->offset, entry, sizeof(entry))) return PACKET_TRUNCATED_LINK;
    cursor->offset += sizeof(entry);
    cursor->tags++;
    packet_join_ways(cursor);
    if (!(entry[2] & 1)) continue;
    __u8 first;
    if (packet_read(reader, access, cursor->offset, &first, sizeof(first))) return PACKET_TRUNCATED_IP;
    if (first >> 4 == 4)
      cursor->next = PACKET_ETHER_IPV4;
    else if (first >> 4 == 6)
      cursor->next = PACKET_ETHER_IPV6;
    else
      return PACKET_NOT_IP;
    return PACKET_OK;
  }
  return PACKET_TOO_MANY_TAGS;
}

/* From a PPP protocol field, of one byte where it was compressed (RFC 1661 6.5), to what it names. */
static __always_inline enum packet_result packet_pass_ppp(const struct packet_reader* reader,
                                                          const int access, struct packet_cursor* cursor) {
  __u8 first, second;
  if (packet_read(reader, access, cursor->offset, &first, sizeof(first))) return PACKET_TRUNCATED_LINK;
  cursor->offset++;
  __u32 protocol = first;
  if (!(first & 1)) {
    if (packet_read(reader, access, cursor->offset, &second, sizeof(second))) return PACKET_TRUNCATED_LINK;
    cursor->offset++;
    protocol = protocol << 8 | second;
  }
  if (protocol == 0x0281 || protocol == 0x0283) return packet_pass_mpls(reader, access, cursor);
  if (protocol == 0x0021)
    cursor->next = PACKET_ETHER_IPV4;
  else if (protocol == 0x0057)
    cursor->next = PACKET_ETHER_IPV6;
  else
    return PACKET_NOT_IP;
  return PACKET_OK;
}

/* RFC 2516 4: version and type 1, code 0 for session data, then PPP. */
static __always_inline enum packet_result packet_pass_pppoe(const struct packet_reader* reader,
                                                            const int access, struct packet_cursor* cursor) {
  struct {
    __u8 version_type;
    __u8 code;
    __be16 session;
    __be16 length;
  } header;
  if (packet_read(reader, access, cursor->offset, &header, sizeof(header))) return PACKET_TRUNCATED_LINK;
  if (header.version_type != 0x11 || header.code != 0) return PACKET_NOT_IP;
  cursor->offset += sizeof(header);
  return packet_pass_ppp(reader, access, cursor);
}

/* From an EtherType that is not IP's to the IP header behind it. */
static __always_inline enum packet_result packet_pass_tags(const struct packet_reader* reader,
                                                           const int access, __u16 ether_type,
                                                           struct packet_cursor* cursor) {
  PACKET_NOT_UNROLLED
  for (int tag = 0; tag < PACKET_MAX_TAGS && packet_is_vlan(ether_type); tag++) {
    struct {
      __be16 tag_control;
      __be16 ether_type;
    } header;
    if (packet_read(reader, access, cursor->offset, &header, sizeof(header))) return PACKET_TRUNCATED_LINK;
    cursor->offset += sizeof(header);
    cursor->tags++;
    packet_join_ways(cursor);
    ether_type = PACKET_NTOHS(header.ether_type);
  }
  cursor->ether_type = ether_type;
  if (packet_is_vlan(ether_type)) return PACKET_TOO_MANY_TAGS;
  if (packet_is_mpls(ether_type)) return packet_pass_mpls(reader, access, cursor);
  if (ether_type == PACKET_ETHER_PPPOE) return packet_pass_pppoe(reader, access, cursor);
  if (ether_type != PACKET_ETHER_IPV4 && ether_type != PACKET_ETHER_IPV6) return PACKET_NOT_IP;
  cursor->next = ether_type;
  return PACKET_OK;
}

/* From an EtherType, which was read before cursor->offset, to the IP header. */
static __always_inline enum packet_result packet_pass_ether_type(const struct packet_reader* reader,
                                                                 const int access, __u16 ether_type,
                                                                 struct packet_cursor* cursor) {
  cursor->ether_type = ether_type;
  cursor->next = ether_type;
  if (PACKET_LIKELY(ether_type == PACKET_ETHER_IPV4 || ether_type == PACKET_ETHER_IPV6)) return PACKET_OK;
  if (access == PACKET_PLAIN) return PACKET_NOT_IP;
  enum packet_result result = packet_pass_tags(reader, access, ether_type, cursor);
  packet_join_ways(cursor);
  return result;
}

/* A header of `header_bytes` (a constant) with the EtherType at `type_offset` of it. */
static __always_inline enum packet_result packet_pass_typed(const struct packet_reader* reader,
                                                            const int access, const __u32 header_bytes,
                                                            const __u32 type_offset,
                                                            struct packet_cursor* cursor) {
  __be16 ether_type;
  if (PACKET_UNLIKELY(!packet_has_byte(reader, access, cursor->offset + header_bytes - 1)))
    return PACKET_TRUNCATED_LINK;
  if (packet_read(reader, access, cursor->offset + type_offset, &ether_type, sizeof(ether_type)))
    return PACKET_TRUNCATED_LINK;
  cursor->offset += header_bytes;
  return packet_pass_ether_type(reader, access, PACKET_NTOHS(ether_type), cursor);
}

static __always_inline enum packet_result packet_pass_ethernet(const struct packet_reader* reader,
                                                               const int access,
                                                               struct packet_cursor* cursor) {
  __be16 ether_type;
  if (PACKET_UNLIKELY(packet_read(reader, access, cursor->offset + 12, &ether_type, sizeof(ether_type))))
    return PACKET_TRUNCATED_LINK;
  cursor->offset += PACKET_ETHERNET_BYTES;
  return packet_pass_ether_type(reader, access, PACKET_NTOHS(ether_type), cursor);
}

/* The address family in the byte order of the machine that captured: AF_INET is 2 everywhere, AF_INET6 is 10
 * on Linux and 24, 28 or 30 on the BSDs. */
static __always_inline enum packet_result packet_pass_null(const struct packet_reader* reader,
                                                           const int access, struct packet_cursor* cursor) {
  __u8 family[4];
  if (packet_read(reader, access, cursor->offset, family, sizeof(family))) return PACKET_TRUNCATED_LINK;
  if (family[1] | family[2]) return PACKET_NOT_IP;
  if (family[0] && family[3]) return PACKET_NOT_IP;
  __u8 value = (__u8)(family[0] | family[3]);
  if (value == 2)
    cursor->next = PACKET_ETHER_IPV4;
  else if (value == 10 || value == 24 || value == 28 || value == 30)
    cursor->next = PACKET_ETHER_IPV6;
  else
    return PACKET_NOT_IP;
  cursor->offset += sizeof(family);
  return PACKET_OK;
}

/* HDLC framing (RFC 1662 3.1: ff 03) where it is there; Cisco HDLC (0f or 8f, 00) has an EtherType. */
static __always_inline enum packet_result packet_pass_hdlc(const struct packet_reader* reader,
                                                           const int access, struct packet_cursor* cursor) {
  __u8 frame[2];
  if (packet_read(reader, access, cursor->offset, frame, sizeof(frame))) return PACKET_TRUNCATED_LINK;
  if ((frame[0] == 0x0f || frame[0] == 0x8f) && frame[1] == 0) {
    __be16 ether_type;
    if (packet_read(reader, access, cursor->offset + 2, &ether_type, sizeof(ether_type)))
      return PACKET_TRUNCATED_LINK;
    cursor->offset += 4;
    return packet_pass_ether_type(reader, access, PACKET_NTOHS(ether_type), cursor);
  }
  if (frame[0] == 0xff && frame[1] == 0x03) cursor->offset += sizeof(frame);
  return packet_pass_ppp(reader, access, cursor);
}

/* Passes all that stands before the IP header; `link` is a constant. */
static __always_inline enum packet_result packet_pass_link(const struct packet_reader* reader,
                                                           const int access, const int link,
                                                           struct packet_cursor* cursor) {
  switch (link) {
    case PACKET_LINK_ETHERNET:
      return packet_pass_ethernet(reader, access, cursor);
    case PACKET_LINK_IP:
      return PACKET_OK;
    case PACKET_LINK_SLL:
      return packet_pass_typed(reader, access, 16, 14, cursor);
    case PACKET_LINK_SLL2:
      return packet_pass_typed(reader, access, 20, 0, cursor);
    case PACKET_LINK_NULL:
      return packet_pass_null(reader, access, cursor);
    case PACKET_LINK_PPP:
      return packet_pass_hdlc(reader, access, cursor);
    case PACKET_LINK_PPPOE:
      return packet_pass_pppoe(reader, access, cursor);
    default:
      return PACKET_UNKNOWN_LINK;
  }
}

#endif
