// SPDX-License-Identifier: Apache-2.0
// A record of the ring of captured packets -> a checked event. Knows no ring and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/packet_event.h"

namespace weir::decode {

struct PacketEvent {
  packet_event head;              // all fields within their ranges
  std::span<const uint8_t> data;  // captured_bytes of them, borrowed from the record
};

/// Empty for an unknown kind, point, direction or state of the checksum, and for a size that is not the
/// record's.
std::optional<PacketEvent> decode_packet_event(std::span<const std::byte> record);

}  // namespace weir::decode
