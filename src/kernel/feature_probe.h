// SPDX-License-Identifier: Apache-2.0
// What the running kernel really takes, asked with tiny programs; knows nothing of what Weir then does with
// it. Probes attach only in a network namespace and a child cgroup made for them, and leave nothing behind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/kernel_config.h"

namespace weir::kernel {

enum class Feature : uint8_t {
  btf,
  jit,
  ring_buffer,
  batch_map_ops,
  statistics,
  cast_to_kernel_context,
  cgroup_skb,
  cgroup_socket_storage,
  cgroup_socket_release,
  tcp_socket_of_packet,
  tcx,
  clsact,
  socket_lookup,
  xdp_native,
  xdp_generic,
  socket_filter,
  netfilter_link,
  tracepoint_socket_state,
  tracepoint_free_packet,
  tracepoint_syscalls,
  iterator_task_file,
  kprobe,
  kprobe_multi,
  fentry,
  lsm,
  uprobe,
};

enum class Verdict : uint8_t {
  yes,
  no,
  unknown,  // this process may not ask
};

struct FeatureAnswer {
  Feature feature = Feature::btf;
  std::string_view key;    // "cgroup_skb": stable, for machines
  std::string_view title;  // "packets at cgroups (cgroup_skb)"
  std::string_view since;  // the Linux version that brought it, "5.8"; may be empty
  Verdict verdict = Verdict::unknown;
  std::string reason;                  // why not, or a remark
  std::vector<std::string> missing;    // the CONFIG_ options that it needs and this kernel lacks
  std::vector<std::string> suspected;  // those that it needs, where the configuration is not to be read
};

/// Every feature, in the order of the enum. About 100 ms; the process's own namespaces stay as they are.
std::vector<FeatureAnswer> probe_features(const KernelConfig& config, const KernelRelease& release);

/// Whether `feature` is there: false for unknown too.
bool works(const std::vector<FeatureAnswer>& answers, Feature feature);

}  // namespace weir::kernel
