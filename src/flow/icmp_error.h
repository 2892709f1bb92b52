// SPDX-License-Identifier: Apache-2.0
// Which flow an ICMP error speaks of: the packet that it quotes.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/flow_key.h"

namespace weir::flow {

/// RFC 1122 3.2.2 names the errors of ICMP; those of ICMPv6 are the types below 128 (RFC 4443 2.1).
bool is_icmp_error(const packet_info& info);
/// The error says that network, host, protocol or port cannot be reached or must not be: an end of the
/// attempt (RFC 792 type 3 but "fragmentation needed", RFC 4443 type 1).
bool is_unreachable(const packet_info& info);
/// The key of the packet that `error` quotes. Eight octets of its transport header are enough (RFC 792).
/// Empty where the quote cannot be read; `data` may be null.
std::optional<OrientedKey> read_quoted(const packet_info& error, const uint8_t* data,
                                       uint32_t captured_bytes);

}  // namespace weir::flow
