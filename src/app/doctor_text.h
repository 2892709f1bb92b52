// SPDX-License-Identifier: Apache-2.0
// A diagnosis as text for people.
#pragma once

#include <string>

#include "app/diagnosis.h"

namespace weir::app {

/// `colour`: with the terminal's escape sequences.
std::string doctor_text(const Diagnosis& diagnosis, bool colour);

/// "eth0 ingress weir_flows (handle 0x57400123, priority 1)".
std::string describe_filter(const kernel::TcFilter& filter);

}  // namespace weir::app
