// SPDX-License-Identifier: Apache-2.0
// The expressions that every way of running a filter is tried with.
#pragma once

#include <string>
#include <vector>

namespace weir::tests {

/// For Ethernet; most can be asked of packets without a link header too.
std::vector<std::string> filter_expressions();
/// "host 10.9.0.1 or host 10.9.0.2 or ...".
std::string any_of_hosts(int count);

}  // namespace weir::tests
