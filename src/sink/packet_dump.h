// SPDX-License-Identifier: Apache-2.0
// Bytes as hexadecimal and as ASCII; control characters never get out.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sink/packet_writer.h"

namespace weir::sink {

/// 16 bytes a line, each after `indent` and its offset; `ascii`: the characters beside them.
void put_hex_lines(PacketWriter& text, std::span<const uint8_t> bytes, std::string_view indent, bool ascii);
/// A new line and the bytes as text: printable ASCII, tabs and line ends, dots for the rest.
void put_ascii(PacketWriter& text, std::span<const uint8_t> bytes);

}  // namespace weir::sink
