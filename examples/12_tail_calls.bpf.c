/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One program decides, others go on: tail calls by system call number, and a function that is called. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

enum { READ = 0, WRITE = 1 }; /* system calls of x86-64 */

int reads, writes, others;

int on_read(struct bpf_raw_tracepoint_args* context);
int on_write(struct bpf_raw_tracepoint_args* context);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 512);
  __uint(key_size, sizeof(__u32));
  __array(values, int(void*));
} handlers SEC(".maps") = {.values = {[READ] = (void*)&on_read, [WRITE] = (void*)&on_write}};

/* A function of its own in the object: the verifier looks at it once. */
static __noinline int add(int* to) {
  if (!to) return 0;
  return __sync_fetch_and_add(to, 1);
}

SEC("raw_tracepoint/sys_enter")
int decide(struct bpf_raw_tracepoint_args* context) {
  bpf_tail_call(context, &handlers, context->args[1]);
  add(&others); /* reached only where the table has no entry */
  return 0;
}

SEC("raw_tracepoint/sys_enter")
int on_read(struct bpf_raw_tracepoint_args* context) {
  add(&reads);
  return 0;
}

SEC("raw_tracepoint/sys_enter")
int on_write(struct bpf_raw_tracepoint_args* context) {
  add(&writes);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
