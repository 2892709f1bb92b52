/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who connects where, IPv4 and IPv6: at the cgroup's hook, before the kernel acts on it. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct event {
  __u32 pid;
  char command[16];
  __u16 version;
  __u16 port;
  __u8 address[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} events SEC(".maps");

static __always_inline void tell(struct bpf_sock_addr* to, __u16 version) {
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) return;
  event->pid = bpf_get_current_pid_tgid() >> 32;
  bpf_get_current_comm(event->command, sizeof(event->command));
  event->version = version;
  event->port = bpf_ntohs((__u16)to->user_port);
  __u32 address[4] = {};
  if (version == 4) {
    address[0] = to->user_ip4;
  } else {
    address[0] = to->user_ip6[0];
    address[1] = to->user_ip6[1];
    address[2] = to->user_ip6[2];
    address[3] = to->user_ip6[3];
  }
  __builtin_memcpy(event->address, address, sizeof(address));
  bpf_ringbuf_submit(event, 0);
}

SEC("cgroup/connect4")
int connect_ipv4(struct bpf_sock_addr* to) {
  tell(to, 4);
  return 1; /* 0 would forbid it */
}

SEC("cgroup/connect6")
int connect_ipv6(struct bpf_sock_addr* to) {
  tell(to, 6);
  return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
