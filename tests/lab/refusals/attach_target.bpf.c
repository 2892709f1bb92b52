// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: attach_target
// says: sched_procces_exec
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tp_btf/sched_procces_exec")
int attach_target(unsigned long long* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
