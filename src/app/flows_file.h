// SPDX-License-Identifier: Apache-2.0
// `weir flows -r`: captures in, flow records out; no privileges, no kernel.
#pragma once

#include "config/flows_options.h"

namespace weir::app {

/// Runs to the end of the captures, a limit or Ctrl-C; returns the exit status.
int flows_file(const config::FlowsOptions& options);

}  // namespace weir::app
