// SPDX-License-Identifier: Apache-2.0
#include "app/packet_trail.h"

#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace weir::app {
namespace {

constexpr uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;
constexpr size_t kEthernetBytes = 14, kTagBytes = 4;
constexpr size_t kIpv4Bytes = 20, kIpv6Bytes = 40;

uint64_t mixed(uint64_t value) {
  value *= 0x9e3779b97f4a7c15u;
  return value ^ value >> 32;
}

uint16_t two_bytes(const uint8_t* at) {
  return static_cast<uint16_t>(at[0] << 8 | at[1]);
}

uint32_t four_bytes(const uint8_t* at) {
  return uint32_t{two_bytes(at)} << 16 | two_bytes(at + 2);
}

/// What no hop changes of the packet: its length, its IP id, TCP's sequence number or ICMP's id and sequence.
std::optional<uint64_t> unchanging(std::span<const uint8_t> ip) {
  if (ip.empty()) return std::nullopt;
  size_t header = 0;
  uint64_t words = 0;
  uint8_t protocol = 0;
  if (ip[0] >> 4 == 4 && ip.size() >= kIpv4Bytes) {
    header = size_t{4} * (ip[0] & 15);
    words = four_bytes(&ip[2]);  // total length, id
    protocol = ip[9];
  } else if (ip[0] >> 4 == 6 && ip.size() >= kIpv6Bytes) {
    header = kIpv6Bytes;
    words = four_bytes(&ip[4]);  // payload length, next header, hop limit
    protocol = static_cast<uint8_t>(words >> 8);
    words >>= 8;
  } else {
    return std::nullopt;
  }
  const bool has_sequence = protocol == IPPROTO_TCP || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
  if (has_sequence && ip.size() >= header + 8) words |= uint64_t{four_bytes(&ip[header + 4])} << 32;
  return words;
}

}  // namespace

std::optional<uint64_t> PacketTrail::number_of(const decode::PacketEvent& event, size_t link_bytes) {
  const packet_event& head = event.head;
  if (head.buffer == 0 || event.data.size() <= link_bytes) return std::nullopt;
  size_t in_data = link_bytes;
  if (link_bytes == kEthernetBytes) {
    const auto type_at = [&](size_t at) {
      return event.data.size() > at + 1 ? two_bytes(&event.data[at]) : 0;
    };
    // A tag that was put back into the record stands nowhere in the buffer.
    if (type_at(12) != kIpv4 && type_at(12) != kIpv6) in_data += kTagBytes;
    if (type_at(in_data - 2) != kIpv4 && type_at(in_data - 2) != kIpv6) return std::nullopt;
  }
  const auto words = unchanging(event.data.subspan(std::min(in_data, event.data.size())));
  if (!words) return std::nullopt;

  const uint64_t key = mixed(mixed(head.buffer + link_bytes) + *words);
  const uint32_t point = std::rotl(head.ifindex, 4) ^ (uint32_t{head.point} << 2 | head.direction);
  Sight& sight = sights_[key % kPackets];
  const auto passed_end = sight.passed.begin() + sight.points;
  const bool goes_on = sight.number != 0 && sight.key == key && sight.points < kPoints &&
                       head.time_ns - sight.last_ns < kMomentNs &&
                       std::find(sight.passed.begin(), passed_end, point) == passed_end;
  if (!goes_on) {
    sight = {};
    sight.key = key;
    sight.number = ++last_number_;
  }
  sight.last_ns = head.time_ns;
  sight.passed[sight.points++] = point;
  return sight.number;
}

}  // namespace weir::app
