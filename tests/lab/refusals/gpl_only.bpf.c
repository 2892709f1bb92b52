// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: gpl_only
// says: the object's licence is "Apache-2.0"
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_execve")
int gpl_only(void* ctx) {
  bpf_printk("started");  // here
  return 0;
}

char LICENSE[] SEC("license") = "Apache-2.0";
