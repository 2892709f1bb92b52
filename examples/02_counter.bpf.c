/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Counts the packets that arrive, in a global variable. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 packets;
__u64 octets;

SEC("xdp")
int count(struct xdp_md* frame) {
  __sync_fetch_and_add(&packets, 1);
  __sync_fetch_and_add(&octets, frame->data_end - frame->data);
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
