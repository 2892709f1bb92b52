// SPDX-License-Identifier: Apache-2.0
// `weir packets -r`: captures in; lines, JSON or another capture out. No privileges, no kernel.
#pragma once

#include "config/packets_options.h"

namespace weir::app {

/// Runs to the end of the captures, a limit or Ctrl-C; returns the exit status.
int packets_file(const config::PacketsOptions& options);

}  // namespace weir::app
