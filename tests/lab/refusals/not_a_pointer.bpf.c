// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: not_a_pointer
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int not_a_pointer(struct bpf_raw_tracepoint_args* ctx) {
  struct {
    __u64 parts[21];
  }* registers = (void*)ctx->args[0];
  return registers->parts[3] != 0;  // here
}

char LICENSE[] SEC("license") = "GPL";
