// SPDX-License-Identifier: Apache-2.0
// One entry of a map as a line of text or JSON; and the map that the user named.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "config/lab_options.h"
#include "lab/map_entries.h"
#include "lab/map_types.h"

namespace weir::app {

struct OpenedMap {
  lab::MapEntries entries;
  lab::MapTypes types;
};
base::Result<OpenedMap> open_map(const config::LabOptions& options);

/// `17: {packets: 3}` or `{"key":17,"value":{"packets":3}}`, and a newline. The CPUs' values are summed
/// unless they are to be split or cannot be summed. An empty key is left out.
std::string entry_line(const OpenedMap& map, std::span<const std::byte> key, std::span<const std::byte> value,
                       const config::LabOptions& options);

}  // namespace weir::app
