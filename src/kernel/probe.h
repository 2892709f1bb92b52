// SPDX-License-Identifier: Apache-2.0
// One question to the kernel each; the table in feature_probe.cpp says what they stand for.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "kernel/kernel_config.h"

struct btf;

namespace weir::kernel::probe {

struct Ground {
  const KernelConfig& config;
  const KernelRelease& release;
  const btf* types = nullptr;  // the kernel's BTF
  int cgroup = -1;             // a cgroup without processes, made for the probes
  bool own_network = false;    // the thread is in a network namespace made for the probes
};

/// A remark (mostly empty) where the feature works, else why not.
using Answer = base::Result<std::string>;
using Question = Answer (*)(const Ground&);

Answer btf(const Ground&);
Answer jit(const Ground&);
Answer ring_buffer(const Ground&);
Answer batch_map_ops(const Ground&);
Answer statistics(const Ground&);
Answer cast_to_kernel_context(const Ground&);

Answer cgroup_skb(const Ground&);
Answer cgroup_socket_storage(const Ground&);
Answer cgroup_socket_release(const Ground&);
Answer tcp_socket_of_packet(const Ground&);
Answer tcx(const Ground&);
Answer clsact(const Ground&);
Answer socket_lookup(const Ground&);
Answer xdp_native(const Ground&);
Answer xdp_generic(const Ground&);
Answer socket_filter(const Ground&);
Answer netfilter_link(const Ground&);

Answer tracepoint_socket_state(const Ground&);
Answer tracepoint_free_packet(const Ground&);
Answer tracepoint_syscalls(const Ground&);
Answer iterator_task_file(const Ground&);
Answer kprobe(const Ground&);
Answer kprobe_multi(const Ground&);
Answer fentry(const Ground&);
Answer lsm(const Ground&);
Answer uprobe(const Ground&);

}  // namespace weir::kernel::probe
