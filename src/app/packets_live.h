// SPDX-License-Identifier: Apache-2.0
// `weir packets` on the running node.
#pragma once

#include "config/packets_options.h"

namespace weir::app {

/// Runs until Ctrl-C, --for or -c; the process's exit code.
int packets_live(const config::PacketsOptions& options);

}  // namespace weir::app
