/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where kernels differ. Each shim names what changed. */
#ifndef WEIR_BPF_KERNEL_COMPAT_H
#define WEIR_BPF_KERNEL_COMPAT_H

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel_types.h"
#include "wire/flow.h"

/* 6.2 (fd264ca02094 "bpf: Add a kfunc to type cast from bpf uapi ctx to kernel ctx"): two loads instead of a
 * helper. */
extern void* bpf_cast_to_kern_ctx(void* context) __ksym __weak;

/* The inode number of the namespace of the socket that a cgroup_skb program runs for; 0: cannot be told.
 * bpf_get_netns_cookie is refused in cgroup_skb before 6.16, so: from the kernel's skb (6.2), else from the
 * tcp_sock, else (other protocols before 6.2) what sock_create kept in the socket's storage. */
static __always_inline __u32 cgroup_skb_netns(struct __sk_buff* skb, struct bpf_sock* full, void* owners) {
  __u32 inum = 0;
  if (bpf_cast_to_kern_ctx) {
    struct sk_buff* kernel_skb = bpf_cast_to_kern_ctx(skb);
    struct sock* sk = kernel_skb->sk;
    if (sk) inum = sk->__sk_common.skc_net.net->ns.inum;
    return inum;
  }
  struct tcp_sock* tcp = bpf_skc_to_tcp_sock(full);
  if (tcp) {
    inum = ((struct sock*)tcp)->__sk_common.skc_net.net->ns.inum;
    asm volatile("" : "+r"(inum)); /* verifier: one load from two kinds of pointer, seen on 6.1 */
    return inum;
  }
  struct socket_owner* owner = bpf_sk_storage_get(owners, full, 0, 0);
  if (owner) inum = owner->netns;
  return inum;
}

/* CHECKSUM_* of skbuff.h. A program of packets has its struct sk_buff for a context. */
static __always_inline __u8 checksum_state(struct __sk_buff* skb) {
  if (bpf_cast_to_kern_ctx) {
    struct sk_buff* kernel_skb = bpf_cast_to_kern_ctx(skb);
    return BPF_CORE_READ_BITFIELD(kernel_skb, ip_summed);
  }
  struct sk_buff* kernel_skb = (struct sk_buff*)skb;
  return BPF_CORE_READ_BITFIELD_PROBED(kernel_skb, ip_summed);
}

#endif
