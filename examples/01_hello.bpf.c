/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Says hello on every system call. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

SEC("raw_tracepoint/sys_enter")
int hello(void* context) {
  bpf_printk("Hello, World!");
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
