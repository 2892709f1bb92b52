// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: spin_lock
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct account {
  struct bpf_spin_lock lock;
  __u64 sum;
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct account);
} accounts SEC(".maps");

SEC("tc")
int spin_lock(struct __sk_buff* packet) {
  __u32 key = 0;
  struct account* account = bpf_map_lookup_elem(&accounts, &key);
  if (!account) return 0;
  bpf_spin_lock(&account->lock);
  account->sum += bpf_ktime_get_ns();  // here
  bpf_spin_unlock(&account->lock);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
