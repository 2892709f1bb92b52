/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The cgroup programs with another namespace in each run's key: a cgroup_skb program cannot write to its
 * packet, so its flow is varied behind the parser. */
#include "bpf/kernel_compat.h"

/* Set by the benchmark: which bits of the namespace to vary. */
__u32 vary_mask;
__u64 runs;

static __always_inline __u32 another_netns(__u32 netns) {
  return netns ^ (((__u32)runs++ * 2654435761u >> 8) & vary_mask);
}
#define cgroup_skb_netns(...) another_netns(cgroup_skb_netns(__VA_ARGS__))

#include "bpf/flows.bpf.c"
