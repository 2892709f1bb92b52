// SPDX-License-Identifier: Apache-2.0
#include "kernel/feature_probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>
#include <thread>

#include "kernel/capabilities.h"
#include "kernel/cgroup_mount.h"
#include "kernel/probe.h"

namespace weir::kernel {
namespace {

struct Row {
  Feature feature;
  std::string_view key;
  std::string_view title;
  std::string_view since;
  std::array<std::string_view, 3> options;  // what it needs of the kernel's configuration
  probe::Question question;
};

// Versions: the release of the commit that brought the part that Weir uses, not the first form of the
// feature.
constexpr std::array<Row, 26> kRows{{
    {Feature::btf, "btf", "the kernel's types (BTF)", "5.4", {"CONFIG_DEBUG_INFO_BTF"}, probe::btf},
    {Feature::jit, "jit", "programs compiled (JIT)", "", {"CONFIG_BPF_JIT"}, probe::jit},
    {Feature::ring_buffer, "ring_buffer", "ring buffer", "5.8", {"CONFIG_BPF_SYSCALL"}, probe::ring_buffer},
    {Feature::batch_map_ops, "batch_map_ops", "maps read in batches", "5.6", {}, probe::batch_map_ops},
    {Feature::statistics, "statistics", "programs' own cost (BPF statistics)", "5.8", {}, probe::statistics},
    {Feature::cast_to_kernel_context,
     "cast_to_kernel_context",
     "kernel's view of a packet (bpf_cast_to_kern_ctx)",
     "6.2",
     {"CONFIG_DEBUG_INFO_BTF"},
     probe::cast_to_kernel_context},
    {Feature::cgroup_skb,
     "cgroup_skb",
     "packets at cgroups (cgroup_skb)",
     "5.7",
     {"CONFIG_CGROUP_BPF"},
     probe::cgroup_skb},
    {Feature::cgroup_socket_storage,
     "cgroup_socket_storage",
     "owner kept with the socket (sock_create, BPF_F_CLONE)",
     "5.9",
     {"CONFIG_CGROUP_BPF"},
     probe::cgroup_socket_storage},
    {Feature::cgroup_socket_release,
     "cgroup_socket_release",
     "ends of sockets (sock_release)",
     "5.9",
     {"CONFIG_CGROUP_BPF"},
     probe::cgroup_socket_release},
    {Feature::tcp_socket_of_packet,
     "tcp_socket_of_packet",
     "a packet's TCP socket (bpf_skc_to_tcp_sock)",
     "5.9",
     {"CONFIG_CGROUP_BPF", "CONFIG_DEBUG_INFO_BTF"},
     probe::tcp_socket_of_packet},
    {Feature::tcx, "tcx", "packets at an interface, by link (tcx)", "6.6", {"CONFIG_NET_XGRESS"}, probe::tcx},
    {Feature::clsact,
     "clsact",
     "packets at an interface, by filter (clsact)",
     "4.5",
     {"CONFIG_NET_SCH_INGRESS", "CONFIG_NET_CLS_BPF", "CONFIG_NET_CLS_ACT"},
     probe::clsact},
    {Feature::socket_lookup,
     "socket_lookup",
     "socket of a packet at an interface (bpf_skc_lookup_tcp)",
     "5.2",
     {"CONFIG_INET"},
     probe::socket_lookup},
    {Feature::xdp_native,
     "xdp_native",
     "packets in the driver (XDP)",
     "5.9",
     {"CONFIG_BPF_SYSCALL"},
     probe::xdp_native},
    {Feature::xdp_generic,
     "xdp_generic",
     "packets before the stack (generic XDP)",
     "5.9",
     {"CONFIG_BPF_SYSCALL"},
     probe::xdp_generic},
    {Feature::socket_filter,
     "socket_filter",
     "packet socket with a program",
     "3.19",
     {"CONFIG_PACKET"},
     probe::socket_filter},
    {Feature::netfilter_link,
     "netfilter_link",
     "packets at netfilter",
     "6.4",
     {"CONFIG_NETFILTER_BPF_LINK"},
     probe::netfilter_link},
    {Feature::tracepoint_socket_state,
     "tp_btf_inet_sock_set_state",
     "TCP states (tp_btf/inet_sock_set_state)",
     "5.5",
     {"CONFIG_DEBUG_INFO_BTF", "CONFIG_BPF_EVENTS"},
     probe::tracepoint_socket_state},
    {Feature::tracepoint_free_packet,
     "tp_btf_kfree_skb",
     "dropped packets (tp_btf/kfree_skb)",
     "5.5",
     {"CONFIG_DEBUG_INFO_BTF", "CONFIG_BPF_EVENTS"},
     probe::tracepoint_free_packet},
    {Feature::tracepoint_syscalls,
     "tracepoint_syscalls",
     "system calls (tracepoint/syscalls)",
     "4.7",
     {"CONFIG_FTRACE_SYSCALLS", "CONFIG_BPF_EVENTS"},
     probe::tracepoint_syscalls},
    {Feature::iterator_task_file,
     "iter_task_file",
     "open files of all processes (iter/task_file, bpf_sock_from_file)",
     "5.11",
     {"CONFIG_DEBUG_INFO_BTF", "CONFIG_BPF_EVENTS"},
     probe::iterator_task_file},
    {Feature::kprobe,
     "kprobe",
     "kernel functions (kprobe)",
     "4.17",
     {"CONFIG_KPROBES", "CONFIG_KPROBE_EVENTS"},
     probe::kprobe},
    {Feature::kprobe_multi,
     "kprobe_multi",
     "many kernel functions at once (kprobe.multi)",
     "5.18",
     {"CONFIG_FPROBE"},
     probe::kprobe_multi},
    {Feature::fentry,
     "fentry",
     "kernel functions by trampoline (fentry)",
     "5.5",
     {"CONFIG_DEBUG_INFO_BTF", "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"},
     probe::fentry},
    {Feature::lsm,
     "lsm",
     "security hooks (LSM)",
     "5.7",
     {"CONFIG_BPF_LSM", "CONFIG_DEBUG_INFO_BTF"},
     probe::lsm},
    {Feature::uprobe,
     "uprobe",
     "functions of programs (uprobe)",
     "4.17",
     {"CONFIG_UPROBE_EVENTS"},
     probe::uprobe},
}};

/// The probes that look at the network namespace they are in.
bool wants_own_network(Feature feature) {
  return feature >= Feature::tcx && feature <= Feature::netfilter_link;
}

/// A cgroup without processes, removed at the end.
class ProbeCgroup {
 public:
  ProbeCgroup() {
    auto root = open_cgroup2();
    if (!root) return;
    parent_ = std::move(root->root);
    name_ = "weir-probe-" + std::to_string(getpid());
    if (mkdirat(parent_.get(), name_.c_str(), 0700) != 0) {
      name_.clear();
      return;
    }
    folder_.reset(openat(parent_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~ProbeCgroup() {
    folder_.reset();
    if (!name_.empty()) unlinkat(parent_.get(), name_.c_str(), AT_REMOVEDIR);
  }
  ProbeCgroup(const ProbeCgroup&) = delete;
  ProbeCgroup& operator=(const ProbeCgroup&) = delete;
  int fd() const { return folder_.get(); }

 private:
  base::UniqueFd parent_;
  std::string name_;
  base::UniqueFd folder_;
};

FeatureAnswer answer(const Row& row, const probe::Ground& ground) {
  FeatureAnswer result;
  result.feature = row.feature;
  result.key = row.key;
  result.title = row.title;
  result.since = row.since;
  auto said = row.question(ground);
  if (said) {
    result.verdict = Verdict::yes;
    result.reason = std::move(*said);
    return result;
  }
  const base::Error& error = said.error();
  const bool refused = error.system_errno == EPERM || error.system_errno == EACCES;
  if (refused && (!missing_capabilities_sentence().empty() || !holds_capability(CAP_SYS_ADMIN))) {
    result.verdict = Verdict::unknown;
    result.reason = missing_capabilities_sentence().empty() ? "not permitted without CAP_SYS_ADMIN"
                                                            : "not permitted to ask";
    return result;
  }
  result.verdict = Verdict::no;
  for (const std::string_view option : row.options) {
    if (option.empty() || refused) continue;
    if (ground.config.source().empty()) {
      result.suspected.emplace_back(option);
    } else if (!ground.config.is_set(option)) {
      result.missing.emplace_back(option);
    }
  }
  result.reason = refused ? "refused (EPERM) although the capabilities are held: a security policy forbids it"
                          : error.message;
  return result;
}

}  // namespace

std::vector<FeatureAnswer> probe_features(const KernelConfig& config, const KernelRelease& release) {
  struct FreeTypes {
    void operator()(btf* types) const { btf__free(types); }
  };
  const std::unique_ptr<btf, FreeTypes> types(btf__load_vmlinux_btf());
  const ProbeCgroup cgroup;
  const probe::Ground ground{config, release, types.get(), cgroup.fd(), false};

  // Detaching waits for every CPU to pass a quiet point, tens of milliseconds each: two threads wait at once.
  std::vector<FeatureAnswer> answers, of_network;
  const auto ask_network = [&](bool own) {
    probe::Ground network = ground;
    network.own_network = own;
    for (const Row& row : kRows)
      if (wants_own_network(row.feature)) of_network.push_back(answer(row, network));
  };
  std::thread network;
  try {
    network =
        std::thread([&] { ask_network(unshare(CLONE_NEWNET) == 0); });  // the namespace is this thread's
  } catch (const std::system_error&) {
    ask_network(false);  // no thread to be had
  }
  for (const Row& row : kRows)
    if (!wants_own_network(row.feature)) answers.push_back(answer(row, ground));
  if (network.joinable()) network.join();
  std::move(of_network.begin(), of_network.end(), std::back_inserter(answers));
  std::sort(answers.begin(), answers.end(), [](const FeatureAnswer& left, const FeatureAnswer& right) {
    return left.feature < right.feature;
  });
  return answers;
}

bool works(const std::vector<FeatureAnswer>& answers, Feature feature) {
  return std::any_of(answers.begin(), answers.end(), [feature](const FeatureAnswer& one) {
    return one.feature == feature && one.verdict == Verdict::yes;
  });
}

}  // namespace weir::kernel
