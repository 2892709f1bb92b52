/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who owns a socket: the task that made it, kept in the socket's storage. */
#ifndef WEIR_BPF_SOCKET_OWNER_H
#define WEIR_BPF_SOCKET_OWNER_H

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel_types.h"
#include "wire/flow.h"

static __always_inline void describe(struct socket_owner* owner, struct task_struct* task) {
  struct task_struct* leader = BPF_CORE_READ(task, group_leader);
  owner->pid = BPF_CORE_READ(task, tgid);
  owner->uid = BPF_CORE_READ(task, cred, uid.val);
  owner->start_ns = BPF_CORE_READ(leader, start_boottime);
  owner->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
  bpf_core_read_str(owner->comm, sizeof(owner->comm), &leader->comm);
}

/* Who made each socket, or accepted it: sock_create's programs, getpeername's and socket_list.bpf.c write,
 * the packet programs read. One map, which the objects take over from socket_list. An accepted socket
 * inherits its listener's. Lives and dies with the socket. */
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
  __type(key, int);
  __type(value, struct socket_owner);
} socket_owners SEC(".maps");

/* Enough of a socket's address to tell whether an owner was written for it, or is a copy of its listener's.
 */
static __always_inline __u32 half_of_address(const void* sk) {
  __u64 address = (__u64)sk;
  asm volatile("%[address] = be64 %[address]" /* verifier: a number from here on, not a pointer */
               : [address] "+r"(address));
  return address >> 32;
}

/* The process that runs now. */
static __always_inline void describe_current(struct socket_owner* owner, const void* sk) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  describe(owner, task);
  owner->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
  owner->socket = half_of_address(sk);
}

/* For cgroup/sock_create. Always 1: the socket may be made. */
static __always_inline int own_new_socket(struct bpf_sock* sk) {
  struct socket_owner owner = {};
  describe_current(&owner, sk);
  struct socket_owner* kept = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (kept) *kept = owner;
  return 1;
}

/* For cgroup/getpeername4 and 6, which run in accept(2) too where it is asked who connects (net/socket.c
 * do_accept): a connection belongs to who accepts it, the worker of a pre-forking server, not to who listens.
 * Always 1: the name may be told. */
static __always_inline int own_accepted_socket(struct bpf_sock* sk) {
  if (!sk) return 1;
  struct socket_owner* kept = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (!kept || kept->socket == half_of_address(sk)) return 1;
  struct socket_owner owner = {};
  describe_current(&owner, sk);
  if (kept->netns) owner.netns = kept->netns;
  *kept = owner;
  return 1;
}

#endif
