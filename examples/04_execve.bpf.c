/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Counts the programs that each user starts. At a tracepoint: not every kernel has kprobes. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32); /* user id */
  __type(value, __u64);
} started SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int count(struct trace_event_raw_sys_enter* context) {
  const __u32 user = bpf_get_current_uid_gid();
  const __u64 one = 1;
  char file[64];
  __u64* number = bpf_map_lookup_elem(&started, &user);
  if (number)
    __sync_fetch_and_add(number, 1);
  else
    bpf_map_update_elem(&started, &user, &one, BPF_NOEXIST);
  if (bpf_probe_read_user_str(file, sizeof(file), (void*)context->args[0]) > 0)
    bpf_printk("user %d starts %s", user, file);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
