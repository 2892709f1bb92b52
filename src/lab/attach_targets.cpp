// SPDX-License-Identifier: Apache-2.0
#include "lab/attach_targets.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "base/unique_fd.h"
#include "config/nearest_word.h"
#include "kernel/pseudo_mount.h"
#include "lab/libbpf_messages.h"

namespace weir::lab {
namespace {

enum class TargetKind : uint8_t {
  other,
  function,
  system_call,
  typed_function,
  tracepoint,
  raw_tracepoint,
  uprobe,
  lsm
};

struct SectionPrefix {
  std::string_view name;
  TargetKind kind;
};
constexpr std::array<SectionPrefix, 29> kPrefixes{{
    {"lsm/", TargetKind::lsm},
    {"lsm.s/", TargetKind::lsm},
    {"lsm_cgroup/", TargetKind::lsm},
    {"kprobe/", TargetKind::function},
    {"kretprobe/", TargetKind::function},
    {"kprobe.multi/", TargetKind::function},
    {"kretprobe.multi/", TargetKind::function},
    {"ksyscall/", TargetKind::system_call},
    {"kretsyscall/", TargetKind::system_call},
    {"fentry/", TargetKind::typed_function},
    {"fexit/", TargetKind::typed_function},
    {"fmod_ret/", TargetKind::typed_function},
    {"fentry.s/", TargetKind::typed_function},
    {"fexit.s/", TargetKind::typed_function},
    {"fmod_ret.s/", TargetKind::typed_function},
    {"tracepoint/", TargetKind::tracepoint},
    {"tp/", TargetKind::tracepoint},
    {"raw_tracepoint/", TargetKind::raw_tracepoint},
    {"raw_tp/", TargetKind::raw_tracepoint},
    {"raw_tracepoint.w/", TargetKind::raw_tracepoint},
    {"raw_tp.w/", TargetKind::raw_tracepoint},
    {"tp_btf/", TargetKind::raw_tracepoint},
    {"uprobe/", TargetKind::uprobe},
    {"uretprobe/", TargetKind::uprobe},
    {"uprobe.s/", TargetKind::uprobe},
    {"uretprobe.s/", TargetKind::uprobe},
    {"usdt/", TargetKind::uprobe},
    {"uprobe.multi/", TargetKind::uprobe},
    {"uretprobe.multi/", TargetKind::uprobe},
}};

constexpr std::array<std::string_view, 9> kCallPrefixes = {
    "__x64_sys_", "__arm64_sys_", "__se_sys_", "__do_sys_", "ksys_", "do_sys_", "sys_", "__sys_", "do_"};

/// Functions that many programs attach to, by their beginnings, and the tracepoint that is hit near them.
struct SeenBy {
  std::string_view function;
  std::string_view tracepoint;
};
constexpr std::array<SeenBy, 14> kSeenBy{{
    {"tcp_v4_connect", "sock/inet_sock_set_state"},
    {"tcp_v6_connect", "sock/inet_sock_set_state"},
    {"tcp_connect", "sock/inet_sock_set_state"},
    {"tcp_close", "sock/inet_sock_set_state"},
    {"tcp_set_state", "sock/inet_sock_set_state"},
    {"inet_csk_accept", "sock/inet_sock_set_state"},
    {"tcp_retransmit_skb", "tcp/tcp_retransmit_skb"},
    {"kfree_skb", "skb/kfree_skb"},
    {"ip_rcv", "net/netif_receive_skb"},
    {"__netif_receive_skb", "net/netif_receive_skb"},
    {"dev_queue_xmit", "net/net_dev_queue"},
    {"finish_task_switch", "sched/sched_switch"},
    {"wake_up_new_task", "sched/sched_wakeup_new"},
    {"do_exit", "sched/sched_process_exit"},
}};

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

TargetKind kind_of(std::string_view section, std::string_view& target) {
  for (const auto& [name, kind] : kPrefixes)
    if (section.starts_with(name)) {
      target = section.substr(name.size());
      return kind;
    }
  return TargetKind::other;
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> entries(again >= 0 ? fdopendir(again) : nullptr);
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr)
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  return names;
}

std::vector<std::string> read_tracepoints() {
  std::vector<std::string> all;
  const auto root = kernel::open_tracefs();
  if (!root) return all;
  const base::UniqueFd events(openat(root->get(), "events", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!events.valid()) return all;
  for (const std::string& category : names_in(events.get())) {
    const base::UniqueFd folder(openat(events.get(), category.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) continue;
    for (const std::string& name : names_in(folder.get())) all.push_back(category + "/" + name);
  }
  return all;
}

std::vector<std::string> read_functions() {
  std::vector<std::string> all;
  std::ifstream symbols("/proc/kallsyms");
  std::string address, kind, name, rest;
  while (symbols >> address >> kind >> name && std::getline(symbols, rest))
    if (kind == "t" || kind == "T" || kind == "w" || kind == "W") all.push_back(name);
  return all;
}

void read_types(AttachTargets& targets) {
  constexpr std::string_view kTracepoint = "btf_trace_";
  constexpr std::string_view kHook = "bpf_lsm_";
  const LibbpfMessages quiet;
  const std::unique_ptr<btf, FreeBtf> types(btf__load_vmlinux_btf());
  const uint32_t count = types ? btf__type_cnt(types.get()) : 0;
  for (uint32_t id = 1; id < count; ++id) {
    const btf_type* type = btf__type_by_id(types.get(), id);
    const char* text = btf__name_by_offset(types.get(), type->name_off);
    const std::string_view name = text ? text : "";
    if (btf_is_func(type) && name.starts_with(kHook))
      targets.lsm_hooks.emplace_back(name.substr(kHook.size()));
    if (btf_is_func(type)) targets.typed_functions.emplace_back(name);
    if (btf_is_typedef(type) && name.starts_with(kTracepoint))
      targets.raw_tracepoints.emplace_back(name.substr(kTracepoint.size()));
  }
}

bool has(const std::vector<std::string>& sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

std::string did_you_mean(std::string_view prefix, std::string_view name,
                         const std::vector<std::string>& known) {
  std::vector<std::string_view> views(known.begin(), known.end());
  const auto near = config::nearest_word(name, views);
  if (!near) return {};
  return "; did you mean SEC(\"" + std::string(prefix) + std::string(*near) + "\")?";
}

/// "execve" of "__x64_sys_execve" and of "do_execve".
std::optional<std::string_view> system_call_of(std::string_view function) {
  for (const std::string_view prefix : kCallPrefixes)
    if (function.starts_with(prefix)) return function.substr(prefix.size());
  return std::nullopt;
}

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::istringstream parts{std::string(name)};
  for (std::string word; std::getline(parts, word, '_');)
    if (word.size() >= 3) words.push_back(word);
  return words;
}

/// Up to three raw tracepoints that share the most words with the function's name, at least one.
std::vector<std::string> tracepoints_near(std::string_view function, const AttachTargets& targets) {
  const auto words = words_of(function);
  std::vector<std::pair<size_t, std::string>> shared;
  for (const std::string& name : targets.raw_tracepoints) {
    const auto theirs = words_of(name);
    const auto count =
        static_cast<size_t>(std::count_if(words.begin(), words.end(), [&](const std::string& word) {
          return std::find(theirs.begin(), theirs.end(), word) != theirs.end();
        }));
    if (count > 0) shared.emplace_back(count * 100 - std::min<size_t>(theirs.size(), 99), name);
  }
  std::sort(shared.rbegin(), shared.rend());
  std::vector<std::string> names;
  for (size_t i = 0; i < shared.size() && i < 3; ++i) names.push_back(shared[i].second);
  return names;
}

std::string without_kprobes(std::string_view function, const AttachTargets& targets) {
  std::string sentence = "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)";
  const auto call = system_call_of(function);
  const std::string_view name = call ? *call : function;
  const std::string entered = "syscalls/sys_enter_" + std::string(name);
  if (has(targets.tracepoints, entered))
    return sentence + ": SEC(\"tracepoint/" + entered +
           "\") sees the same call, its context is struct "
           "trace_event_raw_sys_enter";
  if (call && *call != function && targets.tracepoints.empty())
    return sentence + ": SEC(\"raw_tp/sys_enter\") sees every system call";
  for (const auto& [prefix, tracepoint] : kSeenBy)
    if (function.starts_with(prefix) && has(targets.tracepoints, tracepoint))
      return sentence + ": SEC(\"tracepoint/" + std::string(tracepoint) + "\") sees much of the same";
  const auto near = tracepoints_near(function, targets);
  for (size_t i = 0; i < near.size(); ++i)
    sentence += (i == 0 ? ": near it are SEC(\"tp_btf/" : "\"), SEC(\"tp_btf/") + near[i];
  if (!near.empty()) return sentence + "\")";
  if (has(targets.typed_functions, function))
    return sentence + ": SEC(\"fentry/" + std::string(function) + "\") where the kernel permits it";
  return sentence + ": take tracepoint/…, raw_tp/… or tp_btf/…";
}

std::string function_advice(std::string_view prefix, std::string_view target, const AttachTargets& targets) {
  const std::string_view function = target.substr(0, target.find('+'));
  if (!targets.kprobes) return without_kprobes(function, targets);
  if (function.empty() || function.find('*') != std::string_view::npos || targets.functions.empty() ||
      has(targets.functions, function))
    return {};
  const std::string missing = "this kernel has no function " + std::string(function);
  for (const char* start : {"__x64_sys_", "__arm64_sys_", "__do_sys_", "__"})
    if (const auto call = system_call_of(function);
        has(targets.functions, start + std::string(call ? *call : function)))
      return missing + "; did you mean SEC(\"" + std::string(prefix) + start +
             std::string(call ? *call : function) + "\")?" +
             (call ? " SEC(\"ksyscall/" + std::string(*call) + "\") finds a system call's name by itself"
                   : "");
  return missing + did_you_mean(prefix, function, targets.functions);
}

std::string tracepoint_advice(std::string_view prefix, std::string_view target,
                              const AttachTargets& targets) {
  if (target.empty() || targets.tracepoints.empty() || has(targets.tracepoints, target)) return {};
  const std::string missing = "this kernel has no tracepoint " + std::string(target);
  if (target.find('/') == std::string_view::npos)
    for (const std::string& known : targets.tracepoints)
      if (known.ends_with("/" + std::string(target)))
        return missing + "; did you mean SEC(\"" + std::string(prefix) + known + "\")?";
  return missing + did_you_mean(prefix, target, targets.tracepoints);
}

std::string lsm_advice(std::string_view prefix, std::string_view target, const AttachTargets& targets) {
  if (!target.empty() && !targets.lsm_hooks.empty() && !has(targets.lsm_hooks, target))
    return "this kernel has no LSM hook " + std::string(target) +
           did_you_mean(prefix, target, targets.lsm_hooks);
  if (!targets.lsm_order.empty() && ("," + targets.lsm_order + ",").find(",bpf,") == std::string::npos)
    return "it would attach and never run: bpf is not among the security modules of this kernel (" +
           targets.lsm_order + "); the kernel's argument lsm= adds it";
  return {};
}

}  // namespace

AttachTargets AttachTargets::of_running_kernel(const std::vector<std::string>& sections) {
  AttachTargets targets;
  bool functions = false, types = false, tracepoints = false;
  for (const std::string& section : sections) {
    std::string_view target;
    const TargetKind kind = kind_of(section, target);
    functions |= kind == TargetKind::function || kind == TargetKind::system_call;
    types |=
        kind == TargetKind::typed_function || kind == TargetKind::raw_tracepoint || kind == TargetKind::lsm;
    if (kind == TargetKind::lsm && targets.lsm_order.empty())
      if (const auto security = kernel::open_securityfs())
        if (auto order = kernel::read_file_at(security->get(), "lsm")) targets.lsm_order = std::move(*order);
    tracepoints |= kind == TargetKind::tracepoint;
  }
  targets.kprobes = access("/sys/bus/event_source/devices/kprobe", F_OK) == 0;
  targets.uprobes = access("/sys/bus/event_source/devices/uprobe", F_OK) == 0;
  if (functions && !targets.kprobes) types = tracepoints = true;
  if (functions && targets.kprobes) targets.functions = read_functions();
  if (tracepoints) targets.tracepoints = read_tracepoints();
  if (types) read_types(targets);
  for (auto* list : {&targets.functions, &targets.typed_functions, &targets.tracepoints,
                     &targets.raw_tracepoints, &targets.lsm_hooks})
    std::sort(list->begin(), list->end());
  return targets;
}

std::string target_advice(std::string_view section, const AttachTargets& targets) {
  std::string_view target;
  const TargetKind kind = kind_of(section, target);
  const std::string_view prefix = section.substr(0, section.size() - target.size());
  switch (kind) {
    case TargetKind::other:
      return {};
    case TargetKind::function:
      return function_advice(prefix, target, targets);
    case TargetKind::system_call:
      return targets.kprobes ? std::string() : without_kprobes("sys_" + std::string(target), targets);
    case TargetKind::typed_function:
      if (target.empty() || targets.typed_functions.empty() || has(targets.typed_functions, target))
        return {};
      return "this kernel has no function " + std::string(target) + " with BTF" +
             did_you_mean(prefix, target, targets.typed_functions);
    case TargetKind::tracepoint:
      return tracepoint_advice(prefix, target, targets);
    case TargetKind::raw_tracepoint:
      if (target.empty() || targets.raw_tracepoints.empty() || has(targets.raw_tracepoints, target))
        return {};
      return "this kernel has no raw tracepoint " + std::string(target) +
             did_you_mean(prefix, target, targets.raw_tracepoints);
    case TargetKind::lsm:
      return lsm_advice(prefix, target, targets);
    case TargetKind::uprobe:
      return targets.uprobes ? std::string() : "this kernel has no uprobes (CONFIG_UPROBE_EVENTS)";
  }
  return {};
}

}  // namespace weir::lab
