// SPDX-License-Identifier: Apache-2.0
// What a run does without.
#pragma once

#include <string>

namespace weir::kernel {

/// Something that this run does without, and why: a sentence for the user.
struct Shortcoming {
  std::string what;
  std::string why;
};

}  // namespace weir::kernel
