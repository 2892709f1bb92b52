// SPDX-License-Identifier: Apache-2.0
// Other network namespaces, by the names that people use.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::kernel {

/// Moves the calling thread there; for a process before it has others, all that it opens from now on is
/// there. `name`: of /run/netns (ip-netns(8)), a process's id, or a path. Fails with bad_input where there is
/// none.
base::Result<> enter_network_namespace(const std::string& name);

}  // namespace weir::kernel
