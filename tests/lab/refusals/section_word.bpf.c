// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: section_name
// says: did you mean SEC("tracepoint/syscalls/sys_enter_execve")?
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tracepint/syscalls/sys_enter_execve")
int section_word(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
