// SPDX-License-Identifier: Apache-2.0
// The kernel's own file systems (cgroup2, tracefs, securityfs), also where nobody mounted them.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

/// The root folder of a mount that is in nobody's file tree and goes with its last descriptor. Needs
/// CAP_SYS_ADMIN and Linux 5.2. `unsupported` where the kernel has no such file system.
base::Result<base::UniqueFd> mount_detached(const char* filesystem);

/// As mounted at its usual place, else detached.
base::Result<base::UniqueFd> open_tracefs();
base::Result<base::UniqueFd> open_securityfs();

/// The first `limit` bytes of a file below `folder` (AT_FDCWD for none), without newlines at the end.
base::Result<std::string> read_file_at(int folder, const std::string& path, size_t limit = 65536);

}  // namespace weir::kernel
