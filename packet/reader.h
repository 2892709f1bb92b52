/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The only way in which the parser touches a packet. */
#ifndef WEIR_PACKET_READER_H
#define WEIR_PACKET_READER_H

#include <linux/types.h>

#ifdef __bpf__
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#else
#include <string.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* Keeps a loop's code once: its body is rarely reached and long. */
#ifdef __clang__
#define PACKET_NOT_UNROLLED _Pragma("clang loop unroll(disable)")
#define PACKET_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define PACKET_NOT_UNROLLED
#define PACKET_UNROLLED
#endif

#define PACKET_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define PACKET_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PACKET_NTOHS(be16) __builtin_bswap16(be16)
#define PACKET_NTOHL(be32) __builtin_bswap32(be32)
#else
#define PACKET_NTOHS(be16) (be16)
#define PACKET_NTOHL(be32) (be32)
#endif

/* How a reader reaches the bytes; always a constant at the call, so that the other ways are compiled away. */
#define PACKET_SPAN 0 /* between data and end: native, XDP, tc with linear headers */
#define PACKET_PLAIN                                                                                  \
  2 /* as PACKET_SPAN, but gives up (a result that is not PACKET_OK) where a tag, an extension header \
     * or a tunnel comes: short, for a hot path in front of the whole parser */
#define PACKET_SKB 1 /* bpf_skb_load_bytes(context): non-linear skbs, socket filters */

/* Offsets beyond this are refused, so that the verifier can bound them. */
#define PACKET_MAX_OFFSET 0x3fff

struct packet_reader {
  const __u8* data;
  const __u8* end;
  void* context; /* struct __sk_buff *, for PACKET_SKB */
};

/* Copies `size` (a constant) bytes from `offset` to `to`; 0, or -1 where the packet ends before. */
static __always_inline int packet_read(const struct packet_reader* reader, const int access, __u32 offset,
                                       void* to, const __u32 size) {
#ifdef __bpf__
  __u64 at = offset;
  /* verifier: the register that is compared must be the one that is added to the pointer */
  if (!__builtin_constant_p(offset)) __asm__ volatile("" : "+r"(at));
  if (at > PACKET_MAX_OFFSET) return -1;
  if (access == PACKET_SKB)
    return bpf_skb_load_bytes((const struct __sk_buff*)reader->context, (__u32)at, to, size) ? -1 : 0;
  const __u8* from = reader->data + at;
  /* verifier: data + (offset + size) would be another pointer than data + offset, with no range of its own */
  if (!__builtin_constant_p(offset)) __asm__ volatile("" : "+r"(from));
  if (from + size > reader->end) return -1;
  /* The cast lets clang load whole words: without it a copy is made byte by byte. */
  __builtin_memcpy(to, (const __u64*)(const void*)from, size);
#else
  (void)access;
  if (PACKET_UNLIKELY(offset > PACKET_MAX_OFFSET)) return -1;
  if (PACKET_UNLIKELY((__u64)(reader->end - reader->data) < (__u64)offset + size)) return -1;
  memcpy(to, reader->data + offset, size);
#endif
  return 0;
}

/* Whether the packet reaches to `offset` + 1. */
static __always_inline int packet_has_byte(const struct packet_reader* reader, const int access,
                                           __u32 offset) {
  __u8 byte;
  return packet_read(reader, access, offset, &byte, sizeof(byte)) == 0;
}

/* Where the next header begins and what it is. */
struct packet_cursor {
  __u32 offset;
  __u32 end;        /* of the packet around it, by its own header; may lie beyond what was captured */
  __u16 next;       /* PACKET_ETHER_IPV4, PACKET_ETHER_IPV6, or 0: the version field decides */
  __u16 ether_type; /* host byte order: the innermost read */
  __u8 tags;
};

/* Called where many ways through the headers meet again. Changes nothing, but the verifier forgets what it
 * knew of the cursor; else it would walk the rest of the parser once for each way (1 M instructions and
 * more). */
static __always_inline void packet_join_ways(struct packet_cursor* cursor) {
#ifdef __bpf__
  __u32 offset = cursor->offset ^ cursor->end, next = cursor->next ^ cursor->end;
  __asm__ volatile("" : "+r"(offset), "+r"(next));
  cursor->offset = offset ^ cursor->end;
  cursor->next = (__u16)(next ^ cursor->end);
#else
  (void)cursor;
#endif
}

#endif
