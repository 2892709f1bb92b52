// SPDX-License-Identifier: Apache-2.0
// A text for stdout that is written at once: help, version, the doctor's findings.
#pragma once

#include <string_view>

namespace weir::app {

/// False where stdout takes no more, which stderr is told after "verb: "; a reader who has gone is no
/// failure.
bool print_text(std::string_view text, std::string_view verb);

}  // namespace weir::app
