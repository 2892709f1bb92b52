// SPDX-License-Identifier: Apache-2.0
#include "lab/section_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "config/nearest_word.h"

namespace weir::lab {
namespace {

constexpr std::array<NewerSection, 16> kNewer{{
    {"tcx/ingress", 3, 46, "6.6"},
    {"tcx/egress", 3, 47, "6.6"},
    {"tc/ingress", 3, 46, "6.6"},
    {"tc/egress", 3, 47, "6.6"},
    {"netkit/primary", 3, 54, "6.7"},
    {"netkit/peer", 3, 55, "6.7"},
    {"netfilter", 32, 45, "6.4"},
    {"uprobe.multi", 2, 48, "6.6"},
    {"uretprobe.multi", 2, 48, "6.6"},
    {"uprobe.session", 2, 57, "6.13"},
    {"kprobe.session", 2, 56, "6.10"},
    {"cgroup/connect_unix", 18, 49, "6.7"},
    {"cgroup/sendmsg_unix", 18, 50, "6.7"},
    {"cgroup/recvmsg_unix", 18, 51, "6.7"},
    {"cgroup/getpeername_unix", 18, 52, "6.7"},
    {"cgroup/getsockname_unix", 18, 53, "6.7"},
}};

constexpr std::array<std::string_view, 92> kKnown = {"xdp",
                                                     "xdp.frags",
                                                     "xdp/cpumap",
                                                     "xdp/devmap",
                                                     "tc",
                                                     "classifier",
                                                     "action",
                                                     "socket",
                                                     "kprobe/",
                                                     "kretprobe/",
                                                     "kprobe.multi/",
                                                     "kretprobe.multi/",
                                                     "ksyscall/",
                                                     "kretsyscall/",
                                                     "uprobe/",
                                                     "uretprobe/",
                                                     "uprobe.s/",
                                                     "uretprobe.s/",
                                                     "usdt/",
                                                     "tracepoint/",
                                                     "tp/",
                                                     "raw_tracepoint/",
                                                     "raw_tp/",
                                                     "raw_tracepoint.w/",
                                                     "raw_tp.w/",
                                                     "tp_btf/",
                                                     "fentry/",
                                                     "fexit/",
                                                     "fmod_ret/",
                                                     "fentry.s/",
                                                     "fexit.s/",
                                                     "fmod_ret.s/",
                                                     "freplace/",
                                                     "lsm/",
                                                     "lsm.s/",
                                                     "lsm_cgroup/",
                                                     "iter/",
                                                     "iter.s/",
                                                     "syscall",
                                                     "perf_event",
                                                     "lwt_in",
                                                     "lwt_out",
                                                     "lwt_xmit",
                                                     "lwt_seg6local",
                                                     "sockops",
                                                     "sk_skb",
                                                     "sk_skb/stream_parser",
                                                     "sk_skb/stream_verdict",
                                                     "sk_msg",
                                                     "sk_lookup",
                                                     "sk_reuseport",
                                                     "sk_reuseport/migrate",
                                                     "flow_dissector",
                                                     "lirc_mode2",
                                                     "struct_ops/",
                                                     "cgroup/skb",
                                                     "cgroup_skb/ingress",
                                                     "cgroup_skb/egress",
                                                     "cgroup/dev",
                                                     "cgroup/sysctl",
                                                     "cgroup/sock",
                                                     "cgroup/sock_create",
                                                     "cgroup/sock_release",
                                                     "cgroup/post_bind4",
                                                     "cgroup/post_bind6",
                                                     "cgroup/bind4",
                                                     "cgroup/bind6",
                                                     "cgroup/connect4",
                                                     "cgroup/connect6",
                                                     "cgroup/sendmsg4",
                                                     "cgroup/sendmsg6",
                                                     "cgroup/recvmsg4",
                                                     "cgroup/recvmsg6",
                                                     "cgroup/getpeername4",
                                                     "cgroup/getpeername6",
                                                     "cgroup/getsockname4",
                                                     "cgroup/getsockname6",
                                                     "cgroup/getsockopt",
                                                     "cgroup/setsockopt",
                                                     "tcx/ingress",
                                                     "tcx/egress",
                                                     "netkit/primary",
                                                     "netkit/peer",
                                                     "netfilter",
                                                     "uprobe.multi/",
                                                     "uretprobe.multi/",
                                                     "kprobe.session/",
                                                     "uprobe.session/",
                                                     "cgroup/connect_unix",
                                                     "cgroup/sendmsg_unix",
                                                     "cgroup/recvmsg_unix",
                                                     "cgroup/getpeername_unix"};

struct Meant {
  std::string_view written;  // in lower case
  std::string_view meant;
};
constexpr std::array<Meant, 22> kOftenMeant{{
    {"xdp_prog", "xdp"},
    {"xdp_md", "xdp"},
    {"xdp_pass", "xdp"},
    {"xdp_drop", "xdp"},
    {"prog", "xdp"},
    {"ingress", "tcx/ingress"},
    {"egress", "tcx/egress"},
    {"tc_ingress", "tc"},
    {"tc_egress", "tc"},
    {"tc_cls", "tc"},
    {"cls", "tc"},
    {"sched_cls", "tc"},
    {"filter", "socket"},
    {"socket_filter", "socket"},
    {"cgroup/ingress", "cgroup_skb/ingress"},
    {"cgroup/egress", "cgroup_skb/egress"},
    {"cgroup_skb", "cgroup/skb"},
    {"sock_ops", "sockops"},
    {"kretprobes/", "kretprobe/"},
    {"trace_point", "tracepoint/"},
    {"sys_enter", "raw_tp/sys_enter"},
    {"sys_exit", "raw_tp/sys_exit"},
}};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return lower;
}

std::string_view without_slash(std::string_view section) {
  return section.ends_with('/') ? section.substr(0, section.size() - 1) : section;
}

std::string meant_sentence(std::string_view meant) {
  std::string sentence = "did you mean SEC(\"" + std::string(meant);
  if (meant.ends_with('/')) sentence += "…";
  return sentence + "\")?";
}

}  // namespace

std::optional<NewerSection> newer_section(std::string_view section) {
  for (const NewerSection& newer : kNewer)
    if (section == newer.name || (section.starts_with(newer.name) && section.size() > newer.name.size() &&
                                  section[newer.name.size()] == '/'))
      return newer;
  return std::nullopt;
}

std::span<const std::string_view> known_sections() {
  return kKnown;
}

std::string section_advice(std::string_view section) {
  const std::string lower = lower_case(section);
  for (const auto& [name, meant] : kOftenMeant)
    if (lower == name) return meant_sentence(meant);
  for (const std::string_view known : kKnown)
    if (lower == without_slash(known)) return meant_sentence(known);
  // The word before '/' may be the wrong one.
  const size_t slash = lower.find('/');
  if (slash != std::string::npos) {
    const std::string head = lower.substr(0, slash);
    for (const std::string_view known : kKnown)
      if (known.ends_with('/') && head == without_slash(known))
        return meant_sentence(std::string(known) + std::string(section.substr(slash + 1)));
    std::vector<std::string_view> heads;
    for (const std::string_view known : kKnown)
      if (known.ends_with('/')) heads.push_back(without_slash(known));
    const auto whole = config::nearest_word(lower, kKnown);
    const auto near = config::nearest_word(head, heads);
    if (near && !whole)
      return meant_sentence(std::string(*near) + "/" + std::string(section.substr(slash + 1)));
  }
  std::vector<std::string_view> names;
  for (const std::string_view known : kKnown) names.push_back(without_slash(known));
  if (const auto near = config::nearest_word(lower, names)) return meant_sentence(*near);
  return "no program type has this name; usual ones are xdp, tc, socket, tracepoint/…, raw_tp/…, kprobe/…, "
         "fentry/…, "
         "uprobe/…, cgroup/…, lsm/…";
}

}  // namespace weir::lab
