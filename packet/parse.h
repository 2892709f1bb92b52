/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* CONTRACT: to be filled in */
#ifndef WEIR_PACKET_PARSE_H
#define WEIR_PACKET_PARSE_H

#include "packet/reader.h"
#include "wire/packet_info.h"

/* Where the first byte read belongs. Values of our own; src/decode maps LINKTYPE_* to them. */
#define PACKET_LINK_ETHERNET 0
#define PACKET_LINK_IP 1 /* raw IP of either version: cgroup hooks, raw links */
#define PACKET_LINK_SLL 2
#define PACKET_LINK_SLL2 3
#define PACKET_LINK_NULL 4 /* BSD loopback, either byte order */
#define PACKET_LINK_PPP 5
#define PACKET_LINK_PPPOE 6 /* a PPPoE header first */

/* Parses one frame from its link header to its transport header. `frame_bytes` is the frame's length as on
 * the wire (not as captured); `decapsulate` is a constant. All fields of `info` are set, whatever the result;
 * of the addresses only as many bytes as the version has. */
static __always_inline enum packet_result packet_parse(const struct packet_reader *reader, const int access,
                                                       const int link, __u32 frame_bytes,
                                                       const int decapsulate, struct packet_info *info);

/* The same for native code with a link that is not a constant (src/decode). */

#endif
