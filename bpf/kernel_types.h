/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel's structs, only the fields that Weir reads; CO-RE finds where they are on the running kernel.
 * Hand-kept: no vmlinux.h is needed to build. Present since 5.10 unless a field says otherwise. */
#ifndef WEIR_BPF_KERNEL_TYPES_H
#define WEIR_BPF_KERNEL_TYPES_H

#include <linux/types.h>

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define TCP_ESTABLISHED 1
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define CHECKSUM_PARTIAL 3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  unsigned int inum;
};

struct net {
  struct ns_common ns;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct in6_addr {
  __u8 bytes[16];
};

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num; /* host byte order */
  unsigned short skc_family;
  volatile unsigned char skc_state;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
  struct sock_common __sk_common;
  __u16 sk_protocol;
  __u16 sk_type;
};

struct inet_sock {
  __be16 inet_sport;
};

struct sk_buff {
  struct sock* sk;
  __u8 ip_summed : 2;
};

struct tcp_sock {
  __u32 srtt_us; /* smoothed round trip << 3 */
};

struct socket {
  struct sock* sk;
};

struct file {
  void* private_data;
};

struct fdtable {
  struct file** fd;
};

struct files_struct {
  struct fdtable* fdt;
};

struct nsproxy {
  struct net* net_ns;
};

struct kernfs_node {
  __u64 id;
};

struct cgroup {
  struct kernfs_node* kn;
};

struct css_set {
  struct cgroup* dfl_cgrp;
};

typedef struct {
  unsigned int val;
} kuid_t;

struct cred {
  kuid_t uid;
};

struct task_struct {
  int tgid;
  char comm[16];
  __u64 start_boottime; /* 5.5 */
  struct task_struct* group_leader;
  struct files_struct* files;
  struct nsproxy* nsproxy;
  struct css_set* cgroups;
  const struct cred* cred;
};

struct seq_file;

struct bpf_iter_meta {
  struct seq_file* seq;
  __u64 session_id;
  __u64 seq_num;
};

struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  __u32 fd;
  struct file* file;
};

#pragma clang attribute pop

/* include/trace/events/syscalls.h, the format file's layout: stable. */
struct sys_exit_args {
  __u64 common;
  long id;
  long ret;
};

#endif
