// SPDX-License-Identifier: Apache-2.0
// How the running kernel was built, and which of its modules are at hand.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weir::kernel {

/// "6.1.0-30-cloud-amd64", and its first two numbers.
struct KernelRelease {
  std::string text;
  int major = 0;
  int minor = 0;

  static KernelRelease running();
  static KernelRelease parse(std::string text);
  /// `version` is "6.6"; an empty one is older than all.
  bool older_than(std::string_view version) const;
};

class KernelConfig {
 public:
  /// From /proc/config.gz, else /boot/config-RELEASE, else the module tree's; empty with no source() where
  /// none is readable.
  static KernelConfig of_running(const KernelRelease& release);
  /// From the text of a .config.
  static KernelConfig parse(std::string_view text, std::string source);

  /// The file it came from; empty: nothing is known.
  const std::string& source() const { return source_; }
  /// "y", "m", a value, or empty where it is not set. `option` with its CONFIG_.
  std::string_view value(std::string_view option) const;
  bool is_set(std::string_view option) const { return !value(option).empty(); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::string source_;
};

enum class ModuleState { built_in, loaded, on_disk, absent };

/// Where a module is, without loading it. `name` as in /sys/module ("sch_ingress"), `option` its CONFIG_.
ModuleState module_state(const KernelConfig& config, const KernelRelease& release, std::string_view name,
                         std::string_view option);

}  // namespace weir::kernel
