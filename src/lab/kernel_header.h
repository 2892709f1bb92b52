// SPDX-License-Identifier: Apache-2.0
// vmlinux.h: every type of a kernel as C, made from its BTF and kept in a cache.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::lab {

/// The folder that holds the vmlinux.h of `btf` (a path; empty: /sys/kernel/btf/vmlinux), made now or before.
/// It lies in $XDG_CACHE_HOME/weir, ~/.cache/weir or, without either, /var/cache/weir; its name has the BTF's
/// hash. The oldest go when there are more than kMostKernelHeaders. Fails with unsupported where the kernel
/// has no BTF.
inline constexpr size_t kMostKernelHeaders = 8;
base::Result<std::string> kernel_header_folder(const std::string& btf);

/// $XDG_CACHE_HOME/weir and so on; it may not be there yet.
std::string cache_folder();

}  // namespace weir::lab
