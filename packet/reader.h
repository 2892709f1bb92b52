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
#define __always_inline inline __attribute__((always_inline))
#endif

/* How a reader reaches the bytes; always a constant at the call, so that the other ways are compiled away. */
#define PACKET_SPAN 0 /* between data and end: native, XDP, tc with linear headers */
#define PACKET_SKB 1  /* bpf_skb_load_bytes(context): non-linear skbs, socket filters */

/* Offsets beyond this are refused, so that the verifier can bound them. */
#define PACKET_MAX_OFFSET 0x3fff

struct packet_reader {
  const __u8 *data;
  const __u8 *end;
  void *context; /* struct __sk_buff *, for PACKET_SKB */
};

/* Copies `size` (a constant) bytes from `offset` to `to`; 0, or -1 where the packet ends before. */
static __always_inline int packet_read(const struct packet_reader *reader, const int access, __u32 offset,
                                       void *to, const __u32 size) {
  if (offset > PACKET_MAX_OFFSET) return -1;
#ifdef __bpf__
  if (access == PACKET_SKB)
    return bpf_skb_load_bytes((const struct __sk_buff *)reader->context, offset, to, size) ? -1 : 0;
  const __u8 *from = reader->data + offset;
  if (from + size > reader->end) return -1;
  __builtin_memcpy(to, from, size);
#else
  (void)access;
  if ((__u64)(reader->end - reader->data) < (__u64)offset + size) return -1;
  memcpy(to, reader->data + offset, size);
#endif
  return 0;
}

#endif
