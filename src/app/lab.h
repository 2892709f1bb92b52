// SPDX-License-Identifier: Apache-2.0
// `weir lab`: other people's eBPF programs, maps and links.
#pragma once

#include "config/lab_options.h"

namespace weir::app {

/// Returns the exit status.
int lab(const config::LabOptions& options);

}  // namespace weir::app
