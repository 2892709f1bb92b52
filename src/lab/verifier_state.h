// SPDX-License-Identifier: Apache-2.0
// What the verifier knows at one point of its way, gathered from the steps of its log up to there.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/verifier_log.h"

namespace weir::lab {

/// Holds views into the log. Up to eight frames of kMostKnown values each.
class VerifierState {
 public:
  /// What a step tells is known from then on; registers that it overwrites without telling are not.
  void take(const LogStep& step);

  /// Of the frame that runs: 0 for the program.
  uint32_t frame() const { return frame_; }
  /// Empty where nothing is known; `name` is "R1" or "fp-8".
  std::string_view value(std::string_view name) const;
  const std::vector<KnownValue>& values() const { return frames_[frame_]; }

 private:
  void put(const KnownValue& value);
  void forget(std::string_view name);

  static constexpr uint32_t kMostFrames = 8;  // MAX_CALL_FRAMES, include/linux/bpf_verifier.h
  std::vector<KnownValue> frames_[kMostFrames];
  uint32_t frame_ = 0;
};

/// The registers that an instruction names, "R1" and so on in their order; of a call its arguments R1 to R5.
std::vector<std::string_view> registers_of(std::string_view instruction);

/// "bpf_map_lookup_elem" of "(85) call bpf_map_lookup_elem#1"; empty where it is no call of the kernel's.
std::string_view callee_of(std::string_view instruction);

}  // namespace weir::lab
