// SPDX-License-Identifier: Apache-2.0
// Frames that filters are tried on.
#pragma once

#include <vector>

#include "tests/packet_builder.h"

namespace weir::tests {

/// Ethernet frames, the same at each call: the table of packets, those with some bytes changed or cut off, a
/// few long ones, and some of each file under $WEIR_CAPTURES, if it is set (more with WEIR_CHECK_ALL=1).
std::vector<Bytes> filter_frames();

}  // namespace weir::tests
