// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: unresolved_symbol
// since: 6.2
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_task_from_pid(int pid) __ksym;

SEC("tp_btf/sched_process_exit")
int kfunc_type(void* ctx) {
  return bpf_task_from_pid(1);
}

char LICENSE[] SEC("license") = "GPL";
