// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: stack_bounds
// says: bpf_get_current_comm gets 16 bytes up to the stack's top and would use 32
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_execve")
int stack_size(void* ctx) {
  char name[16];
  bpf_get_current_comm(name, 32);  // here
  return name[3];
}

char LICENSE[] SEC("license") = "GPL";
