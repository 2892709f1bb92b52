// SPDX-License-Identifier: Apache-2.0
// The words after `weir lab run` -> LabRunOptions.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/command_line.h"

namespace weir::config {

/// Fails with bad_input and one line for the user.
base::Result<Command> parse_lab_run(std::vector<std::string> arguments);

/// As lab_head and lab_tail.
std::string lab_run_head();
std::string lab_run_tail();

}  // namespace weir::config
