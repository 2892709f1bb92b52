/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Counts IPv4 packets by their sender at XDP, all but those of one address. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __be32 left_out; /* --set left_out=10.0.0.1 */

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u8[4]);
  __type(value, __u64);
} packets SEC(".maps");

SEC("xdp")
int count(struct xdp_md* frame) {
  void* data = (void*)(long)frame->data;
  void* end = (void*)(long)frame->data_end;
  struct ethhdr* ethernet = data;
  struct iphdr* ip = data + sizeof(*ethernet);
  if ((void*)(ip + 1) > end) return XDP_PASS; /* without this line the verifier refuses the next */
  if (ethernet->h_proto != bpf_htons(ETH_P_IP) || ip->saddr == left_out) return XDP_PASS;
  const __u64 one = 1;
  __u64* number = bpf_map_lookup_elem(&packets, &ip->saddr);
  if (number)
    __sync_fetch_and_add(number, 1);
  else
    bpf_map_update_elem(&packets, &ip->saddr, &one, BPF_ANY);
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
