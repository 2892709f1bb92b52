// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: unresolved_symbol
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern const void gone_from_the_kernel __ksym;

SEC("raw_tp/sys_enter")
int unresolved(void* ctx) {
  return &gone_from_the_kernel == ctx;
}

char LICENSE[] SEC("license") = "GPL";
