// SPDX-License-Identifier: Apache-2.0
// The words after `weir lab` -> LabOptions.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/command_line.h"

namespace weir::config {

/// Fails with bad_input and one line for the user.
base::Result<Command> parse_lab(std::vector<std::string> arguments);

}  // namespace weir::config
