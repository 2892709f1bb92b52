// SPDX-License-Identifier: Apache-2.0
// Captured bytes -> checked packet: the native build of packet/parse.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wire/packet_info.h"

namespace weir::decode {

/// PACKET_LINK_* of packet/link.h for a LINKTYPE_* or DLT_*; empty: we do not read that link type.
std::optional<int> packet_link(uint32_t link_type);

/// Name of a LINKTYPE_* for messages: "LINKTYPE_IEEE802_11 (105)"; "9999" where we know none.
std::string link_type_name(uint32_t link_type);

/// Parses one frame. `captured_bytes` are there, `wire_bytes` were on the wire.
packet_result parse_packet(int link, const uint8_t* data, uint32_t captured_bytes, uint32_t wire_bytes,
                           bool decapsulate, packet_info& info);

/// "truncated link header", "not IP", ...: what users see beside the counter.
const char* to_string(packet_result result);

}  // namespace weir::decode
