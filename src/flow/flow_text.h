// SPDX-License-Identifier: Apache-2.0
// The few words of a flow that every way out writes alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::flow {

/// "tcp", "udp", "icmp", "ipv6-icmp", ...: the IANA keyword in small letters; empty where we have no name.
std::string_view transport_name(uint8_t protocol);

/// The most letters that write_tcp_flags writes.
inline constexpr size_t kTcpFlagsBytes = 8;

/// Writes one letter for each flag that is set, in the order SYN PSH ACK URG ECE CWR FIN RST ("SPAUEWFR"), as
/// a connection lives; returns the end.
char* write_tcp_flags(char* to, uint8_t flags);

}  // namespace weir::flow
