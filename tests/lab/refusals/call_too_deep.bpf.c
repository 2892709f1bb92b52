// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: call_too_deep
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define STEP(name, next)                                            \
  static __attribute__((noinline)) int name(volatile int* number) { \
    *number += 1;                                                   \
    return next(number) + *number;                                  \
  }
static __attribute__((noinline)) int step9(volatile int* number) {
  return *number;
}
STEP(step8, step9)
STEP(step7, step8)
STEP(step6, step7)
STEP(step5, step6)
STEP(step4, step5)
STEP(step3, step4)
STEP(step2, step3)
STEP(step1, step2)

SEC("xdp")
int call_too_deep(struct xdp_md* ctx) {
  volatile int number = ctx->rx_queue_index;
  return step1(&number) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
