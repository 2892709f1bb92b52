// SPDX-License-Identifier: Apache-2.0
// `weir packets -D`: the interfaces of this network namespace, as tcpdump lists them.
#pragma once

namespace weir::app {

/// Returns the exit status.
int list_interfaces();

}  // namespace weir::app
