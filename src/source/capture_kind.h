// SPDX-License-Identifier: Apache-2.0
// Names what a file is that is no capture we read, from its first bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace weir::source {

/// How many of a file's first bytes `describe_bytes` wants to see.
inline constexpr size_t kDescribedBytes = 64;

/// "text", "a snoop capture (Solaris)", "zstd data; unpack it first (zstd -dc FILE | …)", ...
std::string describe_bytes(std::span<const uint8_t> first);

}  // namespace weir::source
