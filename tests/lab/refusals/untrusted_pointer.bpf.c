// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: untrusted_pointer
// since: 6.6
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct task_struct {
  struct task_struct* last_wakee;
} __attribute__((preserve_access_index));
extern struct task_struct* bpf_task_acquire(struct task_struct* task) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;

SEC("tp_btf/sched_process_exit")
int untrusted_pointer(unsigned long long* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct task_struct* other = bpf_task_acquire(task->last_wakee);  // here
  if (other) bpf_task_release(other);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
