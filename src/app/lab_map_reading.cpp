// SPDX-License-Identifier: Apache-2.0
#include "app/lab_map_reading.h"

#include <utility>

namespace weir::app {
namespace {

constexpr size_t kBytesPerEntry = 128;  // what keeping one takes beside key and value

std::string as_string(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

base::Result<MapReading> read_map(const OpenedMap& map, size_t most_bytes) {
  MapReading reading;
  size_t kept = 0;
  const auto walked = map.entries.walk([&](std::span<const std::byte> key, std::span<const std::byte> value) {
    auto sum = map.types.can_sum() ? as_string(map.types.summed(value)) : as_string(value);
    kept += key.size() + sum.size() + kBytesPerEntry;
    reading[as_string(key)] = std::move(sum);
    return kept <= most_bytes;
  });
  if (!walked) return tl::unexpected<base::Error>(walked.error());
  if (kept > most_bytes)
    return base::fail(base::ErrorKind::resource, "the map has more than " + std::to_string(most_bytes >> 20) +
                                                     " MB of entries; they are not kept twice");
  return reading;
}

}  // namespace weir::app
