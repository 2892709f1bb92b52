// SPDX-License-Identifier: Apache-2.0
// What `weir lab run` was asked to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::config {

enum class LabRunOutput : uint8_t { text, json };

struct LabRunOptions {
  std::string file;  // a C source or an object file
  std::vector<std::string> interfaces;
  std::string cgroup;                // for cgroup programs; empty: the root of cgroup2
  std::vector<std::string> globals;  // NAME=VALUE
  std::vector<std::string> entries;  // MAP[KEY]=VALUE
  std::vector<std::string> events;   // MAP=TYPE
  std::vector<std::string> include_folders;
  std::vector<std::string> defines;
  std::string btf;  // of the kernel to adapt to; empty: the running one
  std::vector<std::string> command;

  std::chrono::nanoseconds interval = std::chrono::seconds(1);  // between two looks at the maps
  std::optional<std::chrono::nanoseconds> duration;
  uint64_t count = 0;  // messages and records; 0: no end
  uint32_t rows = 20;  // of each map at a look
  LabRunOutput output = LabRunOutput::text;
  int verbosity = 0;
};

}  // namespace weir::config
