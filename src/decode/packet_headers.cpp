// SPDX-License-Identifier: Apache-2.0
#include "decode/packet_headers.h"

#include <arpa/inet.h>

#include <algorithm>

#include "decode/packet.h"

namespace weir::decode {
namespace {

constexpr uint32_t kEthernetLinkType = 1;
constexpr size_t kAddressBytes = 6, kTypeAt = 12, kEthernetBytes = 14, kTagBytes = 4;
constexpr uint16_t kVlanId = 0x0fff;

uint16_t two_bytes(const uint8_t* at) {
  return static_cast<uint16_t>(at[0] << 8 | at[1]);
}

bool is_tag(uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

std::optional<EthernetFields> read_ethernet(std::span<const uint8_t> data) {
  if (data.size() < kEthernetBytes) return std::nullopt;
  EthernetFields ethernet;
  std::copy_n(&data[0], kAddressBytes, ethernet.destination.begin());
  std::copy_n(&data[kAddressBytes], kAddressBytes, ethernet.source.begin());
  for (size_t at = kTypeAt;
       ethernet.tags < ethernet.vlans.size() && data.size() >= at + kTagBytes && is_tag(two_bytes(&data[at]));
       at += kTagBytes)
    ethernet.vlans[ethernet.tags++] = two_bytes(&data[at + 2]) & kVlanId;
  return ethernet;
}

}  // namespace

PacketHeaders read_headers(uint32_t link_type, std::span<const uint8_t> data, uint32_t wire_bytes) {
  PacketHeaders headers;
  if (link_type == kEthernetLinkType) headers.ethernet = read_ethernet(data);
  const auto link = packet_link(link_type);
  packet_info info;
  if (!link || !PACKET_HAS_IP(parse_packet(*link, data.data(), static_cast<uint32_t>(data.size()), wire_bytes,
                                           false, info)))
    return headers;
  const uint8_t* const ip = &data[info.l3_offset];
  if (info.version == 4)
    headers.ip = {IpAddress::v4(&info.source.v4), IpAddress::v4(&info.destination.v4), ip[8], ip[1]};
  else
    headers.ip = {IpAddress::v6(info.source.v6), IpAddress::v6(info.destination.v6), ip[7],
                  static_cast<uint8_t>(two_bytes(ip) >> 4)};
  if (info.has_ports != 0) headers.ports = {ntohs(info.source_port), ntohs(info.destination_port)};
  return headers;
}

}  // namespace weir::decode
