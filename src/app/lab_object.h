// SPDX-License-Identifier: Apache-2.0
// What the user pointed at: a loaded program, or an object file.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::app {

/// A path that is no pin.
bool names_object_file(const std::vector<std::string>& words);

base::Result<base::UniqueFd> open_program(const std::vector<std::string>& words);

}  // namespace weir::app
