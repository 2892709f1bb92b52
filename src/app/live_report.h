// SPDX-License-Identifier: Apache-2.0
// What a live run tells on stderr when it begins, on SIGUSR1 and when it ends.
#pragma once

#include <cstdint>
#include <string>

#include "app/live_run.h"

namespace weir::app {

/// Lines that each begin with "weir: ": where it listens, and what it does without.
std::string opening_text(const LiveRun& run);
/// The same form: seen, lost, own cost. `most_records` were written at most (-c); with `output_failed` those
/// after them are lost.
std::string report_text(const LiveRun& run, uint64_t most_records = UINT64_MAX, bool output_failed = false);

}  // namespace weir::app
