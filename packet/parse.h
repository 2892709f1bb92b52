/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The packet parser: one source for BPF and native code. Knows nothing of flows, maps or files. */
#ifndef WEIR_PACKET_PARSE_H
#define WEIR_PACKET_PARSE_H

#include "packet/ip.h"
#include "packet/link.h"
#include "packet/reader.h"
#include "packet/transport.h"
#include "packet/tunnel.h"
#include "wire/packet_info.h"

/* All 0; also what nobody reads, as clang may take any register for it, one that the verifier refuses too. */
static __always_inline void packet_clear(struct packet_info* info, __u32 unknown) {
#ifdef __bpf__
  /* A 0 that the verifier does not know for one: known, each set of fields that stayed 0 were a state of its
   * own. */
  __u64 zero = unknown;
  __asm__ volatile("" : "+r"(zero));
  zero ^= unknown;
  __u64* words = (__u64*)info;
  for (__u32 i = 0; i < sizeof(*info) / sizeof(*words); i++) words[i] = zero;
  /* Keeps `info` in memory: as registers its fields are moved about on every way out of the parser, which
   * makes 1,850 instructions out of 390 and 3 times the verifier's work. */
  __asm__ volatile("" : : "r"(info) : "memory");
#else
  (void)unknown;
  memset(info, 0, sizeof(*info));
#endif
}

/* As packet_join_ways: what calls the parser is verified once, and not once for each set of fields and each
 * refusal. Costs 2 ns; docs/decisions/0005-one-way-out-of-the-parser.md has the figures. */
static __always_inline enum packet_result packet_join_results(enum packet_result result, __u32 unknown,
                                                              struct packet_info* info) {
#ifdef __bpf__
  __u64* words = (__u64*)info;
  for (__u32 i = 0; i < sizeof(*info) / sizeof(*words); i++) {
    __u64 word = words[i] ^ unknown;
    __asm__ volatile("" : "+r"(word));
    words[i] = word ^ unknown;
  }
  __u32 value = (__u32)result ^ unknown;
  __asm__ volatile("" : "+r"(value));
  return (enum packet_result)((value ^ unknown) & 15);
#else
  (void)unknown;
  (void)info;
  return result;
#endif
}

/* Goes on inside the tunnels of a packet that was parsed to its transport header. A tunnel that does not lead
 * to a valid IP header stays shut: `info` and the result are those of the packet around it. */
static __always_inline enum packet_result packet_open_tunnels(const struct packet_reader* reader,
                                                              const int access, struct packet_cursor* cursor,
                                                              struct packet_info* info) {
  /* verifier: a loop that is entered in its middle is a refused back-edge, seen on 6.1 */
  PACKET_UNROLLED
  for (int depth = 0; depth < PACKET_MAX_TUNNELS; depth++) {
    if (!packet_is_tunnel(info)) return PACKET_OK;
    packet_join_results(PACKET_OK, cursor->end, info);
    if (packet_pass_tunnel(reader, access, info, cursor) != PACKET_OK) return PACKET_OK;
    enum packet_result result = packet_pass_ip(reader, access, 1, cursor, info);
    if (!PACKET_HAS_IP(result)) return PACKET_OK;
    if (result == PACKET_OK) result = packet_read_transport(reader, access, cursor, info);
    if (result != PACKET_OK) return result;
  }
  return PACKET_OK;
}

/* Parses one frame from its link header to its transport header. `frame_bytes` is the frame's length as on
 * the wire (not as captured); `access`, `link` and `decapsulate` are constants. All of `info` is set,
 * whatever the result: 0 where nothing was found. */
static __always_inline enum packet_result packet_parse(const struct packet_reader* reader, const int access,
                                                       const int link, __u32 frame_bytes,
                                                       const int decapsulate, struct packet_info* info) {
  struct packet_cursor cursor;
  cursor.offset = 0;
  cursor.end = frame_bytes;
  cursor.next = 0;
  cursor.ether_type = 0;
  cursor.tags = 0;
  packet_clear(info, frame_bytes);
  enum packet_result result = packet_pass_link(reader, access, link, &cursor);
  info->ether_type = cursor.ether_type;
  info->link_tags = cursor.tags;
  if (PACKET_LIKELY(result == PACKET_OK)) result = packet_pass_ip(reader, access, 0, &cursor, info);
  if (PACKET_LIKELY(result == PACKET_OK)) result = packet_read_transport(reader, access, &cursor, info);
  if (decapsulate && PACKET_LIKELY(result == PACKET_OK)) {
    if (access != PACKET_PLAIN)
      result = packet_open_tunnels(reader, access, &cursor, info);
    else if (packet_is_tunnel(info))
      result = PACKET_NOT_IP;
  }
  return packet_join_results(result, frame_bytes, info);
}

#endif
