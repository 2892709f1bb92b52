// SPDX-License-Identifier: Apache-2.0
// `weir lab check`: what the verifier says of programs, explained.
#pragma once

#include "config/lab_check_options.h"

namespace weir::app {

/// Returns the exit status: 0 all accepted, 2 something refused or not to be compiled, 3 not permitted, 4
/// this kernel or machine cannot; of several files the first of 1, 2, 3, 4 that there is.
int lab_check(const config::LabCheckOptions& options);

}  // namespace weir::app
