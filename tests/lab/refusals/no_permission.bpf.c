// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: not_permitted
// says: need CAP_PERFMON
// capabilities: bpf
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int no_permission(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
