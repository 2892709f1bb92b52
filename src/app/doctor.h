// SPDX-License-Identifier: Apache-2.0
// `weir doctor`: what this kernel can do, what Weir will use here, and what is in its way.
#pragma once

#include "config/doctor_options.h"

namespace weir::app {

/// Returns the exit status: 0 where `weir flows` can run live, 3 where a capability is missing, 4 where the
/// kernel cannot. With `clean`, removes what dead Weirs left at clsact instead.
int doctor(const config::DoctorOptions& options);

}  // namespace weir::app
