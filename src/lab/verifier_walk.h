// SPDX-License-Identifier: Apache-2.0
// The verifier's way through a program, as lines for people and as JSON: source, instruction, what became
// known, where ways join and where one ends because all was seen before.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "lab/trial_object.h"

namespace weir::lab {

struct WalkSummary {
  size_t instructions = 0;  // steps, each as often as the verifier came to it
  size_t joined = 0;        // ways that were taken up again at a branch
  size_t pruned = 0;        // ways that ended where all was seen before
};

/// Hands each line over, without its line end. Memory does not grow with the log.
WalkSummary write_walk(const TrialProgram& program, const std::function<void(std::string_view)>& line);
/// The same as JSON objects, one a call.
WalkSummary write_walk_json(const TrialProgram& program, const std::function<void(std::string_view)>& record);

}  // namespace weir::lab
