/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Makes another flow of the packet before each run of the program under test, and its floors. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Set by the benchmark: where the 32-bit word to vary is, and which of its bits; where TCP's sequence number
 * is. */
__u32 vary_offset;
__u32 vary_mask;
__u32 sequence_offset;
__u64 runs;

/* The program under test of each kind, at 0. User space writes, vary_* call. */
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 1);
  __uint(key_size, 4);
  __uint(value_size, 4);
} xdp_target SEC(".maps"), tc_target SEC(".maps");

/* Spreads consecutive runs over the flows, so that the next one is not in the cache's next line. Segments
 * follow each other: none is a retransmission. */
static __always_inline int vary(void* data, void* end) {
  const __u32 run = runs++;
  const __u32 sequence = sequence_offset, offset = vary_offset;
  if (sequence > 60 || data + sequence + 4 > end) return 0;
  *(__u32*)(data + sequence) = bpf_htonl(run * 100);
  if (offset > 60 || data + offset + 4 > end) return 0;
  *(__u32*)(data + offset) = 0x0b000000 + ((run * 2654435761u >> 8) & vary_mask);
  return 1;
}

SEC("xdp")
int vary_xdp(struct xdp_md* frame) {
  if (vary((void*)(long)frame->data, (void*)(long)frame->data_end)) bpf_tail_call(frame, &xdp_target, 0);
  return XDP_ABORTED;
}

SEC("tc")
int vary_tc(struct __sk_buff* skb) {
  if (vary((void*)(long)skb->data, (void*)(long)skb->data_end)) bpf_tail_call(skb, &tc_target, 0);
  return TC_ACT_SHOT;
}

SEC("xdp")
int floor_xdp(struct xdp_md* frame) {
  return XDP_PASS;
}

SEC("tc")
int floor_tc(struct __sk_buff* skb) {
  return TC_ACT_OK;
}

SEC("cgroup_skb/egress")
int floor_cgroup(struct __sk_buff* skb) {
  return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
