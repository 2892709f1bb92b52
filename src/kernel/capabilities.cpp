// SPDX-License-Identifier: Apache-2.0
#include "kernel/capabilities.h"

#include <cap-ng.h>

#include <array>
#include <cstdio>
#include <fstream>

namespace weir::kernel {
namespace {

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

constexpr std::array<Capability, 7> kUsed{{
    {CAP_BPF, "CAP_BPF", "load programs, make maps", false},
    {CAP_NET_ADMIN, "CAP_NET_ADMIN", "attach to cgroups and interfaces", false},
    {CAP_PERFMON, "CAP_PERFMON", "tracepoints, iterators: states, owners of older sockets", false},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "names of other programs, mount cgroup2 or tracefs where absent", false},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "read other users' processes: owners, neighbours", false},
    {CAP_NET_RAW, "CAP_NET_RAW", "packet sockets, the last resort", false},
    {CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", "raise the locked-memory limit, needed before Linux 5.11 only",
     false},
}};

/// libcap-ng keeps its state per thread: read the kernel's each time.
bool effective(int number) {
  capng_clear(CAPNG_SELECT_ALL);
  if (capng_get_caps_process() != 0) return false;
  return capng_have_capability(CAPNG_EFFECTIVE, static_cast<unsigned>(number)) != 0;
}

}  // namespace

std::vector<Capability> capabilities() {
  std::vector<Capability> list(kUsed.begin(), kUsed.end());
  for (Capability& capability : list) capability.held = effective(capability.number);
  return list;
}

bool holds_capability(int number) {
  if (effective(number)) return true;
  return (number == CAP_BPF || number == CAP_PERFMON || number == CAP_NET_ADMIN) && effective(CAP_SYS_ADMIN);
}

bool in_first_user_namespace() {
  std::ifstream map("/proc/self/uid_map");
  unsigned long inside = 1, outside = 1, count = 0;
  if (!(map >> inside >> outside >> count)) return true;  // a kernel without user namespaces
  return inside == 0 && outside == 0 && count == 4294967295UL;
}

std::vector<std::string> missing_for_live() {
  std::vector<std::string> missing;
  for (const auto& [number, name] : {std::pair{CAP_BPF, "CAP_BPF"}, std::pair{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                                     std::pair{CAP_PERFMON, "CAP_PERFMON"}})
    if (!holds_capability(number)) missing.emplace_back(name);
  return missing;
}

std::string missing_capabilities_sentence() {
  const std::vector<std::string> missing = missing_for_live();
  if (missing.empty() && !in_first_user_namespace())
    return "this is a user namespace: its capabilities do not reach the kernel's BPF; run on the host";
  if (missing.empty()) return "";
  std::string names;
  for (size_t i = 0; i < missing.size(); ++i) {
    if (i > 0) names += i + 1 == missing.size() ? " and " : ", ";
    names += missing[i];
  }
  return names + (missing.size() == 1 ? " is" : " are") +
         " missing: run as root, or read a capture with -r FILE, which needs none";
}

}  // namespace weir::kernel
