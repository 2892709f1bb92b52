// SPDX-License-Identifier: Apache-2.0
// `weir packets -D`: the interfaces of this network namespace, as tcpdump lists them.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::app {

/// Returns the exit status.
int list_interfaces();

/// "3" as -D numbers the interfaces; names stay as they are. Fails with bad_input for a number beyond the
/// list.
base::Result<std::string> interface_named(const std::string& word);

}  // namespace weir::app
