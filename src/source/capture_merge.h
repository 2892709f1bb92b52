// SPDX-License-Identifier: Apache-2.0
// Several captures as one, in the order of time; knows nothing of formats.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source/capture_file.h"

namespace weir::source {

/// Opens a file, the first time or again.
using CaptureOpener = std::function<base::Result<std::unique_ptr<CaptureReader>>()>;

struct MergedCapture {
  CaptureOpener open;
  /// May be opened a second time and gives the same again: no pipe. Such files are closed until their first
  /// packet's time has come, so that a thousand files in a row need the memory of one.
  bool reopens = false;
};

/// Each file's own order is kept; of several files the one whose next packet is earliest comes first, of
/// equal ones the file named first. A torn file ends at its tear, the others go on; `error` then tells the
/// first tear.
base::Result<std::unique_ptr<CaptureReader>> merge_captures(std::vector<MergedCapture> captures);

}  // namespace weir::source
