// SPDX-License-Identifier: Apache-2.0
#include "app/diagnosis.h"

#include <sys/utsname.h>

#include <algorithm>

#include "kernel/cgroup_mount.h"
#include "kernel/pseudo_mount.h"

namespace weir::app {
namespace {

using kernel::Feature;
using kernel::Verdict;

constexpr const char* kCgroupMisses =
    "forwarded packets; arriving packets that find no full socket (closed port, echo request, TIME_WAIT, the "
    "last ACK)";
constexpr const char* kTcMisses = "other interfaces; packets that XDP drops or redirects before it";
constexpr const char* kXdpMisses = "outgoing packets; other interfaces";
constexpr const char* kSocketMisses =
    "other interfaces; packets that XDP, or tc on the way out, drops or redirects before it";

const kernel::FeatureAnswer* find(const Diagnosis& diagnosis, Feature feature) {
  const auto at =
      std::find_if(diagnosis.features.begin(), diagnosis.features.end(),
                   [feature](const kernel::FeatureAnswer& one) { return one.feature == feature; });
  return at == diagnosis.features.end() ? nullptr : &*at;
}

std::string why_not(const Diagnosis& diagnosis, Feature feature) {
  const kernel::FeatureAnswer* answer = find(diagnosis, feature);
  if (answer == nullptr) return "not asked";
  return std::string(answer->key) + ": " + explain(*answer, diagnosis.release);
}

/// What every live run stands on; empty where it is there.
std::string missing_ground(const Diagnosis& diagnosis) {
  for (const Feature feature : {Feature::btf, Feature::ring_buffer})
    if (!works(diagnosis.features, feature)) return why_not(diagnosis, feature);
  return "";
}

Use without(std::string verb, std::string reason) {
  return {std::move(verb), false, "", std::move(reason), ""};
}

Use use_of_interface(const Diagnosis& diagnosis) {
  const std::string verb = "weir flows -i IFACE";
  if (works(diagnosis.features, Feature::tcx)) return {verb, true, "tcx, before all others", "", kTcMisses};
  if (works(diagnosis.features, Feature::clsact))
    return {verb, true, "clsact, priority 1", why_not(diagnosis, Feature::tcx), kTcMisses};
  if (works(diagnosis.features, Feature::socket_filter))
    return {verb, true, "a packet socket", why_not(diagnosis, Feature::clsact), kSocketMisses};
  return without(verb, why_not(diagnosis, Feature::clsact));
}

Use use_of_default(const Diagnosis& diagnosis) {
  const std::string verb = "weir flows";
  if (diagnosis.cgroup.found && works(diagnosis.features, Feature::cgroup_skb)) {
    Use use{verb, true, "cgroup_skb at the cgroup2 root", "", kCgroupMisses};
    if (!diagnosis.cgroup.whole_node)
      use.misses.insert(0, "sockets of processes outside this cgroup's subtree; ");
    return use;
  }
  const std::string why = !diagnosis.cgroup.found && !diagnosis.cgroup.notes.empty()
                              ? diagnosis.cgroup.notes.front()
                              : why_not(diagnosis, Feature::cgroup_skb);
  if (works(diagnosis.features, Feature::socket_filter))
    return {verb, true, "a packet socket on every interface", why, kSocketMisses};
  return without(verb, why);
}

Use use_of_xdp(const Diagnosis& diagnosis) {
  const std::string verb = "weir flows -i IFACE --hook xdp";
  if (works(diagnosis.features, Feature::xdp_native))
    return {verb, true, "XDP in the driver where it has it, else generic; on veth generic", "", kXdpMisses};
  if (works(diagnosis.features, Feature::xdp_generic))
    return {verb, true, "generic XDP", why_not(diagnosis, Feature::xdp_native), kXdpMisses};
  return without(verb, why_not(diagnosis, Feature::xdp_generic));
}

Use use_of_packet_socket(const Diagnosis& diagnosis) {
  const std::string verb = "weir flows -i IFACE --hook socket";
  if (works(diagnosis.features, Feature::socket_filter))
    return {verb, true, "a packet socket", "", kSocketMisses};
  return without(verb, why_not(diagnosis, Feature::socket_filter));
}

Part part(const Diagnosis& diagnosis, std::string subject, std::initializer_list<Feature> needs,
          std::string source, const std::string& otherwise) {
  for (const Feature feature : needs)
    if (!works(diagnosis.features, feature))
      return {std::move(subject), otherwise + " (" + why_not(diagnosis, feature) + ")", false};
  return {std::move(subject), std::move(source), true};
}

/// "none [integrity] confidentiality" -> "integrity".
std::string bracketed(const std::string& text) {
  const size_t open = text.find('['), close = text.find(']');
  return open == std::string::npos || close == std::string::npos ? text
                                                                 : text.substr(open + 1, close - open - 1);
}

CgroupFinding find_cgroup(Diagnosis& diagnosis) {
  CgroupFinding finding;
  auto cgroup = kernel::open_cgroup2();
  if (cgroup) {
    finding = {cgroup->path, true, cgroup->whole_node, cgroup->notes};
  } else {
    finding.notes.push_back(cgroup.error().message);
  }
  diagnosis.neighbourhood = kernel::find_neighbours(cgroup ? cgroup->root.get() : -1);
  return finding;
}

}  // namespace

std::string explain(const kernel::FeatureAnswer& answer, const kernel::KernelRelease& release) {
  if (answer.verdict != Verdict::no) return answer.reason;
  std::string cause;
  const auto add = [&cause](const std::string& words) { cause += (cause.empty() ? "" : ", ") + words; };
  const bool older = release.older_than(answer.since);
  const std::string version = "needs Linux " + std::string(answer.since);
  if (older && answer.reason.find(version) == std::string::npos) add(version);
  for (const std::string& option : answer.missing) add(option + " is not set");
  if (!older)
    for (const std::string& option : answer.suspected)
      add((cause.empty() ? "perhaps without " : "") + option);
  return cause.empty() ? answer.reason : cause + " (" + answer.reason + ")";
}

void decide_uses(Diagnosis& diagnosis) {
  diagnosis.uses = {use_of_default(diagnosis), use_of_interface(diagnosis), use_of_xdp(diagnosis),
                    use_of_packet_socket(diagnosis)};
  const std::string ground = missing_ground(diagnosis);
  for (Use& use : diagnosis.uses) {
    if (!diagnosis.missing_capabilities.empty())
      use = without(use.verb, diagnosis.missing_capabilities);
    else if (!ground.empty())
      use = without(use.verb, ground);
  }
  diagnosis.parts = {
      part(diagnosis, "owner of a socket", {Feature::cgroup_socket_storage},
           "sock_create, kept with the socket and inherited on accept", "unknown for new sockets"),
      part(diagnosis, "process that accepted, of pre-forking servers",
           {Feature::tracepoint_syscalls, Feature::tcp_socket_of_packet}, "system calls accept and accept4",
           "the process that listens"),
      part(diagnosis, "sockets older than Weir", {Feature::iterator_task_file},
           "iter/task_file, listed at the start", "not listed, owners unknown"),
      part(diagnosis, "end of a connection", {Feature::tracepoint_socket_state}, "tp_btf/inet_sock_set_state",
           "FIN and RST as seen, else idle time"),
      part(diagnosis, "Weir's own cost (--cost)", {Feature::statistics}, "the kernel's BPF statistics",
           "not to be had"),
  };
  if (!diagnosis.missing_capabilities.empty()) {
    diagnosis.exit_code = base::exit_code(base::ErrorKind::permission);
  } else if (!diagnosis.uses.front().works) {
    diagnosis.exit_code = base::exit_code(base::ErrorKind::unsupported);
  }
}

Diagnosis diagnose() {
  Diagnosis found;
  found.release = kernel::KernelRelease::running();
  utsname name{};
  if (uname(&name) == 0) found.architecture = name.machine;
  const auto config = kernel::KernelConfig::of_running(found.release);
  found.config_source = config.source();
  if (const auto securityfs = kernel::open_securityfs()) {
    found.lockdown = bracketed(kernel::read_file_at(securityfs->get(), "lockdown").value_or(""));
    found.security_modules = kernel::read_file_at(securityfs->get(), "lsm").value_or("");
  }
  found.capabilities = kernel::capabilities();
  found.missing_capabilities = kernel::missing_capabilities_sentence();
  found.cgroup = find_cgroup(found);
  if (auto dead = kernel::list_dead_filters()) found.dead_filters = std::move(*dead);
  found.features = kernel::probe_features(config, found.release);
  decide_uses(found);
  return found;
}

}  // namespace weir::app
