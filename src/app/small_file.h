// SPDX-License-Identifier: Apache-2.0
// Texts that options name: -F's expression, --classic's program.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::app {

/// The whole file; "-" is stdin. Fails with bad_input where it cannot be read or has more than a megabyte.
base::Result<std::string> read_small_file(const std::string& path);

}  // namespace weir::app
