// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: read_only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct task_struct {
  int pid;
} __attribute__((preserve_access_index));

SEC("tp_btf/sched_process_exit")
int kernel_write(unsigned long long* ctx) {
  struct task_struct* task = (void*)ctx[0];
  task->pid = 1;  // here
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
