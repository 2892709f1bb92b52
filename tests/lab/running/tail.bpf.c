/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A program that goes on with others; nobody but the runner fills the table. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u32);
} next SEC(".maps");

int reached;

SEC("raw_tp/sched_process_exec")
int begin(void* context) {
  bpf_tail_call(context, &next, 1);
  return 0;
}

SEC("raw_tp/sched_process_exec")
int first(void* context) {
  reached = 1;
  return 0;
}

SEC("raw_tp/sched_process_exec")
int second(void* context) {
  reached = 2;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
