// SPDX-License-Identifier: Apache-2.0
// The header fields of a packet that its way through a node may change. Knows no hook and no output.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "decode/address.h"

namespace weir::decode {

struct EthernetFields {
  std::array<uint8_t, 6> source{}, destination{};
  uint8_t tags = 0;                 // VLAN tags; of more than two, the outer two
  std::array<uint16_t, 2> vlans{};  // their ids, the outer first; 0 where there is no tag
  bool operator==(const EthernetFields&) const = default;
};

struct IpFields {
  IpAddress source, destination;
  uint8_t ttl = 0;  // or hop limit
  uint8_t tos = 0;  // or traffic class: DSCP and ECN
  bool operator==(const IpFields&) const = default;
};

struct PortFields {
  uint16_t source = 0, destination = 0;
  bool operator==(const PortFields&) const = default;
};

/// Of the outermost headers; what is not there, or was not captured, is absent. Host byte order.
struct PacketHeaders {
  std::optional<EthernetFields> ethernet;
  std::optional<IpFields> ip;
  std::optional<PortFields> ports;
};

/// Of a frame of LINKTYPE_* `link_type`, `wire_bytes` long on the wire, as far as `data` goes.
PacketHeaders read_headers(uint32_t link_type, std::span<const uint8_t> data, uint32_t wire_bytes);

}  // namespace weir::decode
