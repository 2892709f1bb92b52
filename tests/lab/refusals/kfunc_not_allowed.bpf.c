// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// refused: kfunc_not_allowed
// since: 6.6
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sock_common {
  int skc_family;
} __attribute__((preserve_access_index));
extern int bpf_sock_destroy(struct sock_common* socket) __ksym;

SEC("xdp")
int kfunc_not_allowed(struct xdp_md* ctx) {
  return bpf_sock_destroy((void*)ctx) ? XDP_DROP : XDP_PASS;  // here
}

char LICENSE[] SEC("license") = "GPL";
