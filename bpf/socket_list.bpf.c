/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The sockets that are open now, and their owners: small, so that it answers before larger programs are
 * verified. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel_types.h"
#include "bpf/socket_owner.h"
#include "wire/flow.h"
#include "wire/socket.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Gives each socket without an owner of its own one, and lists it. The first process that holds it is its
 * owner. */
SEC("iter/task_file")
int weir_sk_files(struct bpf_iter__task_file* context) {
  struct task_struct* task = context->task;
  struct file* file = context->file;
  if (!task || !file) return 0;
  struct socket* socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock* sk = socket->sk;
  if (!sk) return 0;
  const __u16 family = sk->__sk_common.skc_family;
  if (family != AF_INET && family != AF_INET6) return 0;

  struct socket_listing listing = {};
  describe(&listing.owner, task);
  listing.owner.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  listing.owner.socket = half_of_address(sk);
  struct socket_owner* kept = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (kept) {
    if (kept->pid && kept->socket == listing.owner.socket)
      listing.owner = *kept;
    else
      *kept = listing.owner;
  }
  listing.socket = (__u64)sk;
  listing.protocol = (__u8)BPF_CORE_READ(sk, sk_protocol);
  listing.state = BPF_CORE_READ(sk, __sk_common.skc_state);
  listing.local_port = bpf_htons(BPF_CORE_READ(sk, __sk_common.skc_num));
  listing.remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
  listing.version = family == AF_INET6 ? 6 : 4;
  if (family == AF_INET6) {
    BPF_CORE_READ_INTO(&listing.local_address, sk, __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO(&listing.remote_address, sk, __sk_common.skc_v6_daddr);
    const __u32* remote = (const __u32*)listing.remote_address;
    if (!remote[0] && !remote[1] && remote[2] == bpf_htonl(0xffff)) listing.version = 4;
  }
  if (listing.version == 4) {
    __builtin_memset(listing.local_address, 0, 16);
    __builtin_memset(listing.remote_address, 0, 16);
    *(__be32*)listing.local_address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    *(__be32*)listing.remote_address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
  }
  if (listing.protocol == IPPROTO_TCP && listing.state != TCP_LISTEN) {
    const struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
    if (tcp) listing.srtt_us = tcp->srtt_us >> 3;
  }
  bpf_seq_write(context->meta->seq, &listing, sizeof(listing));
  return 0;
}
