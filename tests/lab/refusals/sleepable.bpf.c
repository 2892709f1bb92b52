// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: sleepable
// since: 5.19
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int sleepable(struct bpf_raw_tracepoint_args* ctx) {
  char byte = 0;
  bpf_copy_from_user(&byte, 1, (void*)ctx->args[1]);  // here
  return byte;
}

char LICENSE[] SEC("license") = "GPL";
