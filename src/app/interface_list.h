// SPDX-License-Identifier: Apache-2.0
// The interfaces of this network namespace: those that -i names, and `weir packets -D`'s list, as tcpdump's.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/interface.h"

namespace weir::app {

/// Returns the exit status.
int list_interfaces();

/// "3" as -D numbers the interfaces; names stay as they are. Fails with bad_input for a number beyond the
/// list.
base::Result<std::string> interface_named(const std::string& word);

/// Each once, by index; "any" names all. Fails with bad_input for one that is not there, and says which are.
base::Result<std::vector<kernel::Interface>> interfaces_named(const std::vector<std::string>& names);
bool names_any(const std::vector<std::string>& names);

/// Fails with unsupported: what its frames begin with is nothing that Weir reads.
base::Result<> check_link_header(const kernel::Interface& interface);

/// "eth0, veth1"
std::string joined(const std::vector<std::string>& names);

}  // namespace weir::app
