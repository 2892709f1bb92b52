// SPDX-License-Identifier: Apache-2.0
// `weir flows` and `weir top` on the running node.
#pragma once

#include "config/flows_options.h"

namespace weir::app {

/// Runs until Ctrl-C, --for or -c; the process's exit code.
int flows_live(const config::FlowsOptions& options);

}  // namespace weir::app
