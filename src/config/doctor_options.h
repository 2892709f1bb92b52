// SPDX-License-Identifier: Apache-2.0
// What `weir doctor` was asked to do.
#pragma once

namespace weir::config {

struct DoctorOptions {
  bool json = false;   // -o json
  bool clean = false;  // --clean: remove what a dead Weir left on clsact
  bool colour = true;  // --no-color, NO_COLOR
  int verbosity = 0;   // -v
};

}  // namespace weir::config
