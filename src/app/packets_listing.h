// SPDX-License-Identifier: Apache-2.0
// `weir packets -d`, `-dd`, `-ddd` and `--ebpf`: the filter's program as text. Needs no privileges, takes no
// packets.
#pragma once

#include "config/packets_options.h"

namespace weir::app {

/// Returns the exit status.
int packets_listing(const config::PacketsOptions& options);

}  // namespace weir::app
