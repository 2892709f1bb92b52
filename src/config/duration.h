// SPDX-License-Identifier: Apache-2.0
// Durations as people type them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::config {

/// What help, manual and refusals say of them.
inline constexpr std::string_view kDurationUnits = "ns, us, ms, s, m, h or d";

/// "500ms", "10s", "1.5m", "1h", "2d", "100us"; a number without a unit is refused, and so are 0, negative
/// times and more than ten years. Kind bad_input.
base::Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace weir::config
