// SPDX-License-Identifier: Apache-2.0
// `weir flows` and `weir top` on a terminal: a screen that refreshes.
#pragma once

#include "config/flows_options.h"

namespace weir::app {

/// The options ask for a table of live flows, and standard output is a terminal that can show it.
bool wants_screen(const config::FlowsOptions& options);

/// Runs until q, Ctrl-C or --for; the process's exit code.
int flows_screen(const config::FlowsOptions& options);

}  // namespace weir::app
