// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: core_relocation
// says: this kernel has no struct task_struct.field_of_yesterday
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct task_struct {
  int field_of_yesterday;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int core_relocation(void* ctx) {
  struct task_struct* task = (void*)bpf_get_current_task();
  int number = 0;
  bpf_probe_read_kernel(&number, sizeof(number), &task->field_of_yesterday);
  return number;
}

char LICENSE[] SEC("license") = "GPL";
