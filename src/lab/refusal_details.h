// SPDX-License-Identifier: Apache-2.0
// What a refusal's own numbers and names say, as sentences: which byte, which argument, taken where.
#pragma once

#include <string>
#include <vector>

#include "lab/explanation.h"
#include "lab/verifier_state.h"

namespace weir::lab {

/// What was known when the program was refused.
struct RefusedPoint {
  std::string_view instruction;  // "(85) call bpf_skb_load_bytes#26"; empty: none
  const VerifierState* state = nullptr;
  LogCounts counts;
  /// Where the pointer that may be NULL came from; nothing where it is not known.
  std::optional<uint32_t> origin;
};

std::vector<std::string> refusal_details(const Refusal& refusal, const TrialProgram& program,
                                         const std::string& license, const RefusedPoint& point);

}  // namespace weir::lab
