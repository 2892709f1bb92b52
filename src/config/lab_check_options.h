// SPDX-License-Identifier: Apache-2.0
// What `weir lab check` was asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::config {

enum class LabCheckOutput : uint8_t { table, json };

struct LabCheckOptions {
  std::vector<std::string> files;     // C sources and object files
  std::vector<std::string> programs;  // only these; empty: all
  std::vector<std::string> include_folders;
  std::vector<std::string> defines;
  std::string btf;    // of the kernel to adapt to; empty: the running one
  bool walk = false;  // show the verifier's way through what it accepts
  bool log = false;   // its own words
  LabCheckOutput output = LabCheckOutput::table;
  bool colour = true;
  int verbosity = 0;
};

}  // namespace weir::config
