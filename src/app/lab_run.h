// SPDX-License-Identifier: Apache-2.0
// `weir lab run`: from a C file to what its programs say, and nothing left behind.
#pragma once

#include "config/lab_run_options.h"

namespace weir::app {

/// Returns the exit status: the command's own, 0, or as base::exit_code.
int lab_run(const config::LabRunOptions& options);

}  // namespace weir::app
