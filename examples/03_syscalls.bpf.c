/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Counts the system calls of each process in a hash map. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct process {
  __u32 pid;
  char name[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, struct process);
  __type(value, __u64);
} calls SEC(".maps");

SEC("raw_tracepoint/sys_enter")
int count(void* context) {
  struct process process = {.pid = bpf_get_current_pid_tgid() >> 32};
  bpf_get_current_comm(process.name, sizeof(process.name));
  const __u64 one = 1;
  __u64* number = bpf_map_lookup_elem(&calls, &process);
  if (number)
    __sync_fetch_and_add(number, 1);
  else
    bpf_map_update_elem(&calls, &process, &one, BPF_NOEXIST);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
