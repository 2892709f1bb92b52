// SPDX-License-Identifier: Apache-2.0
// An IP address of either version, as bytes.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>

namespace weir::decode {

/// Network byte order. IPv4 sits in the first 4 bytes, the rest is 0; `version` is 4 or 6.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  uint8_t version = 4;

  static IpAddress v4(const void* four_bytes) {
    IpAddress address;
    std::memcpy(address.bytes.data(), four_bytes, 4);
    return address;
  }
  static IpAddress v6(const void* sixteen_bytes) {
    IpAddress address;
    address.version = 6;
    std::memcpy(address.bytes.data(), sixteen_bytes, 16);
    return address;
  }
  auto operator<=>(const IpAddress&) const = default;
};

inline constexpr size_t kAddressTextBytes = 46;

/// Writes the address's text (RFC 5952 for IPv6) to `to`, which has kAddressTextBytes; returns its length.
size_t write_address(const IpAddress& address, char* to);
std::string to_string(const IpAddress& address);

}  // namespace weir::decode
