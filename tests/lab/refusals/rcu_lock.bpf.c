// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: rcu_lock
// since: 6.2
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern void bpf_rcu_read_lock(void) __ksym;

SEC("tp_btf/sched_process_exit")
int rcu_lock(void* ctx) {
  bpf_rcu_read_lock();
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
