// SPDX-License-Identifier: Apache-2.0
// What the running kernel has for programs to attach to: whether a section's target is there, and what else
// sees the same. Attaches nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::lab {

/// Lists are sorted, and empty where they were not asked for or could not be read.
struct AttachTargets {
  bool kprobes = true;
  bool uprobes = true;
  std::vector<std::string> functions;        // /proc/kallsyms
  std::vector<std::string> typed_functions;  // that fentry, fexit and LSM programs find, by BTF
  std::vector<std::string> tracepoints;      // "sched/sched_switch"
  std::vector<std::string> raw_tracepoints;  // "sched_switch"
  std::vector<std::string> lsm_hooks;        // "file_open"
  std::string lsm_order;                     // which security modules run: "capability,bpf"; empty: not known

  /// Reads what the sections' kinds need.
  static AttachTargets of_running_kernel(const std::vector<std::string>& sections);
};

/// A sentence where the section's target is not there: the name that is near, or what else sees the same.
/// Empty where nothing is known to speak against attaching.
std::string target_advice(std::string_view section, const AttachTargets& targets);

}  // namespace weir::lab
