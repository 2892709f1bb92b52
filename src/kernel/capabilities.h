// SPDX-License-Identifier: Apache-2.0
// Which capabilities this process holds, and what for; by libcap-ng.
#pragma once

#include <string>
#include <vector>

namespace weir::kernel {

struct Capability {
  int number = 0;            // CAP_*, linux/capability.h
  const char* name = "";     // "CAP_BPF"
  const char* purpose = "";  // what Weir does with it
  bool held = false;         // in the effective set
};

/// Every capability that some verb can use, in order of importance.
std::vector<Capability> capabilities();

/// In the effective set. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, as in the kernel's bpf_capable().
bool holds_capability(int number);

/// False in a user namespace other than the first, where no capability lets one load programs.
bool in_first_user_namespace();

/// What is missing to load and attach programs, as names: empty when nothing is.
std::vector<std::string> missing_for_live();

/// One sentence: what is missing and what to do about it; empty when nothing is.
std::string missing_capabilities_sentence();

}  // namespace weir::kernel
