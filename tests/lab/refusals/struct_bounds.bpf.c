// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: struct_access
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct task_struct {
  int pid;
} __attribute__((preserve_access_index));

SEC("tp_btf/sched_process_exit")
int struct_bounds(unsigned long long* ctx) {
  char* task = (char*)ctx[0];
  return task[100000];  // here
}

char LICENSE[] SEC("license") = "GPL";
