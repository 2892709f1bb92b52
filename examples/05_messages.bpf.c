/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A message for each user, from a map that is filled before; sent through a ring buffer and a perf buffer. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct message {
  char text[32];
};

struct event {
  __u32 pid;
  __u32 uid;
  char command[16];
  char message[32];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct message);
} messages SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(int));
  __uint(value_size, sizeof(int));
} perf_events SEC(".maps");

SEC("tracepoint/sched/sched_process_exec")
int greet(void* context) {
  struct event event = {.pid = bpf_get_current_pid_tgid() >> 32, .uid = bpf_get_current_uid_gid()};
  bpf_get_current_comm(event.command, sizeof(event.command));
  struct message* message = bpf_map_lookup_elem(&messages, &event.uid);
  if (message)
    __builtin_memcpy(event.message, message->text, sizeof(event.message));
  else
    __builtin_memcpy(event.message, "nobody knows you", 17);
  bpf_ringbuf_output(&events, &event, sizeof(event), 0);
  bpf_perf_event_output(context, &perf_events, BPF_F_CURRENT_CPU, &event, sizeof(event));
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
