// SPDX-License-Identifier: Apache-2.0
// All entries of a map at one moment, to be compared with those of another.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>

#include "app/lab_map_lines.h"
#include "base/result.h"

namespace weir::app {

/// Key -> value, the CPUs summed where they can be.
using MapReading = std::unordered_map<std::string, std::string>;

/// Fails with resource where that takes more than `most_bytes`.
base::Result<MapReading> read_map(const OpenedMap& map, size_t most_bytes);

/// Of a reading's key or value.
inline std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace weir::app
