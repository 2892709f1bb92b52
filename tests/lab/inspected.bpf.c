// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs and maps of many kinds, to be looked at. Loaded by tests/lab/stage.py; attached nowhere.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum state { CLOSED, LISTEN = 10 };

struct small {
  __u32 x;
  signed char y;
};

struct name {
  __u32 id;
  char text[12];
};

typedef const __u16 port_t;

struct everything {
  __u8 byte;
  signed char sbyte;
  __u16 half;
  short shalf;
  __u32 word;
  int sword;
  __u64 wide;
  long swide;
  _Bool truth;
  enum state state;
  char comm[16];
  __u8 raw[4];
  struct small parts[2];
  union {
    __u32 number;
    __u8 bytes[4];
  };
  struct {
    port_t port;
  } inner;
  __u32 low : 3;
  __u32 across : 11;
  void* pointer;
  struct unknown* other;
};

struct traffic {
  __u64 packets;
  __u64 bytes;
};

/* Written by the tests by key, read by them. 8 entries are all they use. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, struct name);
  __type(value, struct everything);
} lab_everything SEC(".maps");

/* Written by lab_xdp for each run, one value a CPU. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, struct traffic);
} lab_traffic SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, __u32);
} lab_percpu SEC(".maps");

struct prefix {
  __u32 bits;
  __u8 address[4];
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 8);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct prefix);
  __type(value, __u64);
} lab_prefixes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 8);
  __type(value, __u32);
} lab_queue SEC(".maps");

/* Without BTF. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __uint(key_size, 4);
  __uint(value_size, 6);
} lab_bytes SEC(".maps");

/* More entries than one batch takes. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 10000);
  __type(key, __u32);
  __type(value, __u64);
} lab_large SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} lab_ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 4);
} lab_programs SEC(".maps");

const volatile __u32 lab_limit = 42;
__u64 lab_runs;
__u32 lab_step = 2;
struct small lab_small = {7, -7};

static __attribute__((noinline)) int count(__u32 bytes) {
  __u32 zero = 0;
  struct traffic* traffic = bpf_map_lookup_elem(&lab_traffic, &zero);
  if (!traffic) return 0;
  traffic->packets += 1;
  traffic->bytes += bytes;
  return traffic->packets > lab_limit;
}

SEC("xdp")
int lab_xdp(struct xdp_md* context) {
  lab_runs += lab_step;
  __u32 bytes = (__u32)(context->data_end - context->data);
  if (bytes == 77) bpf_printk("lab saw %u bytes", bytes);
  if (count(bytes)) {
    __u32 key = 1;
    __u64 one = 1;
    bpf_map_update_elem(&lab_large, &key, &one, BPF_ANY);
  }
  bpf_tail_call(context, &lab_programs, 0);
  return XDP_PASS;
}

SEC("socket")
int lab_a_name_longer_than_15(struct __sk_buff* packet) {
  __u32 key = lab_small.x;
  __u32* value = bpf_map_lookup_elem(&lab_percpu, &key);
  if (value) *value += 1;
  struct prefix prefix = {32, {10, 0, 0, 1}};
  if (bpf_map_lookup_elem(&lab_prefixes, &prefix)) bpf_map_push_elem(&lab_queue, &key, BPF_ANY);
  void* record = bpf_ringbuf_reserve(&lab_ring, 8, 0);
  if (record) bpf_ringbuf_discard(record, 0);
  struct name name = {.id = key};
  if (bpf_map_lookup_elem(&lab_everything, &name)) return 0;
  if (bpf_map_lookup_elem(&lab_bytes, &key)) return 0;
  return (int)packet->len;
}

char LICENSE[] SEC("license") = "GPL";
