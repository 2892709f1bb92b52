/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The owner that a task is for the sockets it makes. */
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

#endif
