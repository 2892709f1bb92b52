/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One exec said in each way that a program has: a message, both buffers, a map, a global. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct event {
  __u32 pid;
  char comm[16];
};

struct data_t {
  int number;
  char text[12];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} sent SEC(".maps");

struct limit {
  __u32 rate;
  __u32 burst;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct limit);
} limits SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64);
} calls_of_user SEC(".maps");

__u64 calls;
const volatile int number = 7;
int watched; /* a pid; 0: all */

SEC("tp/sched/sched_process_exec")
int said(void* context) {
  const __u32 pid = bpf_get_current_pid_tgid() >> 32;
  if (watched && pid != (__u32)watched) return 0;
  __sync_fetch_and_add(&calls, 1);
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (event) {
    event->pid = pid;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
  }
  struct data_t data = {.number = number, .text = "perf"};
  bpf_perf_event_output(context, &sent, BPF_F_CURRENT_CPU, &data, sizeof(data));
  const __u32 user = bpf_get_current_uid_gid();
  const __u64 one = 1;
  __u64* count = bpf_map_lookup_elem(&calls_of_user, &user);
  if (count)
    __sync_fetch_and_add(count, 1);
  else
    bpf_map_update_elem(&calls_of_user, &user, &one, BPF_ANY);
  bpf_printk("exec of %d: number %d", pid, number);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
