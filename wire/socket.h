/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sockets older than Weir, as the task_file iterator lists them. */
#ifndef WEIR_WIRE_SOCKET_H
#define WEIR_WIRE_SOCKET_H

#include "wire/flow.h"

/* One open IP socket of one process. Written back to back into the iterator's stream. */
struct socket_listing {
  struct socket_owner owner;
  __u8 local_address[16]; /* IPv4 in the first 4 bytes */
  __u8 remote_address[16];
  __u64 socket; /* the kernel's address of the struct sock: the same socket in several processes */
  __be16 local_port;
  __be16 remote_port; /* 0: not connected */
  __u32 srtt_us;
  __u8 version; /* 4 or 6 */
  __u8 protocol;
  __u8 state; /* TCP_* of net/tcp_states.h */
  __u8 reserved[5];
};
WEIR_SIZE_IS(struct socket_listing, 104);

#endif
