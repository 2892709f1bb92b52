// SPDX-License-Identifier: Apache-2.0
// All that `weir doctor` finds out, before it is written in any form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/capabilities.h"
#include "kernel/clsact.h"
#include "kernel/feature_probe.h"
#include "kernel/neighbours.h"

namespace weir::app {

/// What one way of calling Weir gets here.
struct Use {
  std::string verb;  // "weir flows -i IFACE"
  bool works = false;
  std::string hook;    // what it listens at; empty where it does not work
  std::string reason;  // why that and not the one before it in the chain, or why nothing
  std::string misses;  // what the hook does not see
};

/// A part of `weir flows` that degrades alone.
struct Part {
  std::string subject;  // "owner of a socket"
  std::string source;   // where it comes from here
  bool full = false;    // false: less than on a kernel that has all
};

struct CgroupFinding {
  std::string path;  // empty: a detached mount
  bool found = false;
  bool whole_node = false;
  std::vector<std::string> notes;  // or why it was not found
};

struct Diagnosis {
  kernel::KernelRelease release;
  std::string architecture;
  std::string config_source;     // empty: not readable
  std::string lockdown;          // "none", "integrity", ...; empty: not to be read
  std::string security_modules;  // comma list; empty: not to be read
  std::vector<kernel::Capability> capabilities;
  std::string missing_capabilities;  // a sentence; empty: all there
  CgroupFinding cgroup;
  std::vector<kernel::FeatureAnswer> features;
  kernel::Neighbourhood neighbourhood;
  std::vector<kernel::TcFilter> dead_filters;
  std::vector<Use> uses;
  std::vector<Part> parts;
  int exit_code = 0;
};

Diagnosis diagnose();

/// What each way of calling Weir uses, from the answers alone: fills uses, parts and exit_code.
void decide_uses(Diagnosis& diagnosis);

/// Why a feature is not there, in words: the kernel's reason, the missing options, the version that has it.
std::string explain(const kernel::FeatureAnswer& answer, const kernel::KernelRelease& release);

}  // namespace weir::app
