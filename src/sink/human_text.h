// SPDX-License-Identifier: Apache-2.0
// Numbers and names as people read them; rounded, never for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flow/flow_record.h"

namespace weir::sink {

/// "812 B", "5.1 kB", "1.2 GB": powers of 1000, three digits at most.
std::string human_bytes(uint64_t bytes);
/// "812", "3.4 k", "1.2 M".
std::string human_count(uint64_t count);
/// "184 us", "1.25 s", "3m20s", "2h05m".
std::string human_duration(uint64_t nanoseconds);
/// "3,000,000".
std::string grouped_digits(uint64_t number);

/// `text` with control characters and what is not UTF-8 as '?': names that others chose must not steer a
/// terminal.
std::string printable(std::string_view text);

/// "10.0.0.7:51514", "[fe80::1]:53", "10.0.0.7" without ports.
std::string endpoint_text(const flow::FlowEnd& end, bool has_ports);
/// "curl/4121"; empty without an owner.
std::string owner_text(const flow::FlowEnd& end);
/// "tcp", "udp", "icmp", "icmp6", ... or "proto-253".
std::string protocol_text(uint8_t protocol);

/// Columns that `text` takes on a terminal, one for each code point.
size_t display_width(std::string_view text);

}  // namespace weir::sink
