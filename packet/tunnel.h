/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Tunnel headers: from the transport of an outer packet to the IP header of the inner one. */
#ifndef WEIR_PACKET_TUNNEL_H
#define WEIR_PACKET_TUNNEL_H

#include "packet/link.h"
#include "packet/reader.h"
#include "packet/transport.h"
#include "wire/packet_info.h"

#define PACKET_IPIP 4
#define PACKET_IPV6_IN_IP 41
#define PACKET_GRE 47
#define PACKET_VXLAN_PORT 4789
#define PACKET_GENEVE_PORT 6081

/* RFC 2784 and 2890, version 0. The source routes of RFC 1701 are not read. */
static __always_inline enum packet_result packet_pass_gre(const struct packet_reader* reader,
                                                          const int access, struct packet_cursor* cursor) {
  struct {
    __be16 flags;
    __be16 ether_type;
  } header;
  if (packet_read(reader, access, cursor->offset, &header, sizeof(header))) return PACKET_TRUNCATED_LINK;
  __u16 flags = PACKET_NTOHS(header.flags);
  if (flags & 0x4007) return PACKET_NOT_IP; /* routes, or version 1: PPTP */
  cursor->offset += sizeof(header);
  if (flags & 0x8000) cursor->offset += 4; /* checksum */
  if (flags & 0x2000) cursor->offset += 4; /* key */
  if (flags & 0x1000) cursor->offset += 4; /* sequence number */
  cursor->next = PACKET_NTOHS(header.ether_type);
  return PACKET_OK;
}

/* RFC 7348 5: a VNI must be there. */
static __always_inline enum packet_result packet_pass_vxlan(const struct packet_reader* reader,
                                                            const int access, struct packet_cursor* cursor) {
  __u8 flags;
  if (packet_read(reader, access, cursor->offset, &flags, sizeof(flags))) return PACKET_TRUNCATED_LINK;
  if (!(flags & 0x08)) return PACKET_NOT_IP;
  cursor->offset += 8;
  cursor->next = PACKET_ETHER_TEB;
  return PACKET_OK;
}

/* RFC 8926 3.4: version 0, options in units of 4 octets, no control message. */
static __always_inline enum packet_result packet_pass_geneve(const struct packet_reader* reader,
                                                             const int access, struct packet_cursor* cursor) {
  struct {
    __u8 version_length;
    __u8 flags;
    __be16 ether_type;
  } header;
  if (packet_read(reader, access, cursor->offset, &header, sizeof(header))) return PACKET_TRUNCATED_LINK;
  if (header.version_length >> 6 || header.flags & 0x80) return PACKET_NOT_IP;
  cursor->offset += 8 + (header.version_length & 0x3f) * 4u;
  cursor->next = PACKET_NTOHS(header.ether_type);
  return PACKET_OK;
}

/* Whether `info` names a tunnel that we open. A fragment's stays shut: its later ones could not follow. */
static __always_inline int packet_is_tunnel(const struct packet_info* info) {
  if (info->fragment) return 0;
  if (info->protocol == PACKET_UDP)
    return info->destination_port == PACKET_NTOHS(PACKET_VXLAN_PORT) ||
           info->destination_port == PACKET_NTOHS(PACKET_GENEVE_PORT);
  return info->protocol == PACKET_IPIP || info->protocol == PACKET_IPV6_IN_IP || info->protocol == PACKET_GRE;
}

/* Passes the tunnel header itself; cursor->next is the EtherType that it names. */
static __always_inline enum packet_result packet_pass_tunnel_header(const struct packet_reader* reader,
                                                                    const int access,
                                                                    const struct packet_info* info,
                                                                    struct packet_cursor* cursor) {
  if (info->protocol == PACKET_GRE) return packet_pass_gre(reader, access, cursor);
  if (info->protocol == PACKET_UDP) {
    cursor->offset += PACKET_UDP_BYTES;
    if (info->destination_port == PACKET_NTOHS(PACKET_VXLAN_PORT))
      return packet_pass_vxlan(reader, access, cursor);
    return packet_pass_geneve(reader, access, cursor);
  }
  cursor->next = info->protocol == PACKET_IPIP ? PACKET_ETHER_IPV4 : PACKET_ETHER_IPV6;
  return PACKET_OK;
}

/* From the transport of `info`, which packet_is_tunnel said is a tunnel's, to the inner IP header. Not OK: it
 * does not lead to one. */
static __always_inline enum packet_result packet_pass_tunnel(const struct packet_reader* reader,
                                                             const int access, const struct packet_info* info,
                                                             struct packet_cursor* cursor) {
  packet_join_ways(cursor);
  enum packet_result result = packet_pass_tunnel_header(reader, access, info, cursor);
  if (result != PACKET_OK) return result;
  packet_join_ways(cursor);
  if (info->protocol == PACKET_IPIP || info->protocol == PACKET_IPV6_IN_IP) return PACKET_OK;
  __u16 ether_type = cursor->next;
  if (ether_type == PACKET_ETHER_TEB) {
    __be16 inner;
    if (packet_read(reader, access, cursor->offset + 12, &inner, sizeof(inner))) return PACKET_TRUNCATED_LINK;
    cursor->offset += PACKET_ETHERNET_BYTES;
    ether_type = PACKET_NTOHS(inner);
    packet_join_ways(cursor);
  }
  return packet_pass_ether_type(reader, access, ether_type, cursor);
}

#endif
