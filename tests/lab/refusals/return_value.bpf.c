// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: return_value
// says: it returns a number from 0 to 4294967295
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("cgroup/sock_create")
int return_value(struct bpf_sock* socket) {
  return socket->family;  // here
}

char LICENSE[] SEC("license") = "GPL";
