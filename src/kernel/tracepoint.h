// SPDX-License-Identifier: Apache-2.0
// Attaching to classic tracepoints by a perf event, also where tracefs is not mounted (libbpf gives up
// there).
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

/// The perf event of one tracepoint, for every CPU and process: give it to attach_event, or to libbpf's
/// bpf_program__attach_perf_event (which then owns it). `unsupported` where the kernel has no such
/// tracepoint.
base::Result<base::UniqueFd> open_tracepoint(const std::string& category, const std::string& name);

/// Sets the program of type tracepoint, kprobe or perf_event at an open event and starts it. Closing the
/// event detaches.
base::Result<> attach_event(int program_fd, int event_fd);

}  // namespace weir::kernel
