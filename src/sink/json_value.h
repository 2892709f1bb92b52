// SPDX-License-Identifier: Apache-2.0
// Times, addresses and owners as all JSON records have them, written into memory that the caller made large
// enough.
#pragma once

#include <cstdint>
#include <optional>

#include "decode/address.h"
#include "decode/process.h"

namespace weir::sink {

/// RFC 3339 in quotes, of nanoseconds since 1970. Returns the end, as the others do.
char* write_json_time(char* to, int64_t unix_ns);
/// In quotes.
char* write_json_address(char* to, const decode::IpAddress& address);

/// Free text in an owner: json_string_bound tells what it may need.
size_t owner_text_bytes(const decode::Process* process);
/// `,"process":{...},"user":{...},"cgroup":{...},"container":{...}`: what is known of it, each with a comma
/// in front.
char* write_json_owner(char* to, const decode::Process& process,
                       std::optional<uint32_t> thread_id = std::nullopt);

}  // namespace weir::sink
