// SPDX-License-Identifier: Apache-2.0
// The screen's pages of text: everything about one flow, and the keys.
#pragma once

#include <vector>

#include "sink/screen_flows.h"

namespace weir::sink {

/// One line for each field that the flow has, by its name in JSON.
std::vector<ScreenLine> detail_lines(const ScreenFlow& flow);
std::vector<ScreenLine> help_lines();

}  // namespace weir::sink
