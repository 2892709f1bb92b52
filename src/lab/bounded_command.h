// SPDX-License-Identifier: Apache-2.0
// Runs a program of the machine to its end, within limits, and keeps what it wrote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::lab {

struct CommandLimits {
  uint32_t seconds = 0;
  uint64_t memory_bytes = 0;
  uint64_t output_bytes = 0;  // of each stream
};

struct FinishedCommand {
  int exit_code = 0;  // of a signal's death 128 + its number, as shells tell it
  std::string output;
  std::string errors;
};

/// `words[0]` is a path. stdin is /dev/null; the rest of the environment is ours. Fails with `resource` where
/// a limit was met: the program is dead then.
base::Result<FinishedCommand> run_bounded(const std::vector<std::string>& words, const CommandLimits& limits);

}  // namespace weir::lab
