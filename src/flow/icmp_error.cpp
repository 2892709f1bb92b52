// SPDX-License-Identifier: Apache-2.0
#include "flow/icmp_error.h"

#include "decode/packet.h"

namespace weir::flow {
namespace {

constexpr uint32_t kIcmpHeaderBytes = 8;
constexpr uint32_t kLinktypeRaw = 101;  // raw IP: https://www.tcpdump.org/linktypes.html

/// The first octets of a transport header that was cut before its end.
void read_cut_ports(const uint8_t* data, uint32_t bytes, packet_info& info) {
  const bool ported = info.protocol == kTcp || info.protocol == kUdp || info.protocol == kSctp;
  if (info.has_l4 || !ported || info.fragment == PACKET_LATER_FRAGMENT) return;
  if (info.l4_offset == 0 || uint64_t{info.l4_offset} + 4 > bytes) return;
  std::memcpy(&info.source_port, data + info.l4_offset, 2);
  std::memcpy(&info.destination_port, data + info.l4_offset + 2, 2);
  info.has_ports = 1;
}

}  // namespace

bool is_icmp_error(const packet_info& info) {
  if (info.version == 6) return info.icmp_type < 128;
  switch (info.icmp_type) {
    case 3:   // destination unreachable
    case 4:   // source quench
    case 5:   // redirect
    case 11:  // time exceeded
    case 12:  // parameter problem
      return true;
    default:
      return false;
  }
}

bool is_unreachable(const packet_info& info) {
  if (info.version == 6) return info.icmp_type == 1;
  return info.icmp_type == 3 && info.icmp_code != 4;
}

std::optional<OrientedKey> read_quoted(const packet_info& error, const uint8_t* data,
                                       uint32_t captured_bytes) {
  const uint64_t offset = uint64_t{error.l4_offset} + kIcmpHeaderBytes;
  if (data == nullptr || offset >= captured_bytes) return std::nullopt;
  const uint8_t* const quote = data + offset;
  const auto bytes = static_cast<uint32_t>(captured_bytes - offset);
  static const std::optional<int> link = decode::packet_link(kLinktypeRaw);
  if (!link) return std::nullopt;
  packet_info info;
  const packet_result result = decode::parse_packet(*link, quote, bytes, bytes, false, info);
  if (!PACKET_HAS_IP(result) || info.version != error.version) return std::nullopt;
  read_cut_ports(quote, bytes, info);
  return make_key(info);
}

}  // namespace weir::flow
