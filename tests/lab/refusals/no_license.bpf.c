// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: gpl_only
// says: the object names no licence
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_execve")
int no_license(void* ctx) {
  bpf_printk("started");  // here
  return 0;
}
