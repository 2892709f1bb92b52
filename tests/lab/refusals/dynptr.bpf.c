// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: dynptr
// since: 5.19
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int dynptr(struct __sk_buff* packet) {
  struct bpf_dynptr view = {};
  char byte = 0;
  bpf_dynptr_read(&byte, 1, &view, 0, 0);  // here
  return byte;
}

char LICENSE[] SEC("license") = "GPL";
