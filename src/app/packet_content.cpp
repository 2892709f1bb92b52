// SPDX-License-Identifier: Apache-2.0
#include "app/packet_content.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "wire/packet_event.h"

namespace weir::app {
namespace {

constexpr uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kVlan = 0x8100, kServiceVlan = 0x88a8;
constexpr size_t kEthernetBytes = 14, kTagBytes = 4;
constexpr size_t kIpv4Bytes = 20, kIpv6Bytes = 40;
/// Octets of the packet that are there at each point, with a link header and a tag before them or without.
constexpr size_t kSureBytes = PACKET_SHORTEST_COPY - kEthernetBytes - kTagBytes;

using Bytes = std::span<const uint8_t>;

uint16_t two_bytes(Bytes bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

uint32_t four_bytes(Bytes bytes, size_t at) {
  return uint32_t{two_bytes(bytes, at)} << 16 | two_bytes(bytes, at + 2);
}

/// Of the octets [from, end), as far as they are there.
uint64_t hash_of(Bytes bytes, size_t from, size_t end, uint64_t seed) {
  uint64_t hash = seed + 0x9e3779b97f4a7c15u;
  end = std::min(end, bytes.size());
  uint64_t word;
  for (; from + sizeof word <= end; from += sizeof word) {
    std::memcpy(&word, &bytes[from], sizeof word);
    hash = mixed(hash ^ word);
  }
  if (from < end) {
    word = end - from;
    std::memcpy(&word, &bytes[from], end - from);
    hash = mixed(hash ^ word);
  }
  return hash;
}

struct IpHeader {
  size_t bytes;
  size_t packet_bytes;  // as the header says
  size_t addresses_at;
  uint32_t length_and_id;  // IPv6: length and next header
  uint8_t protocol;
  bool has_id;
};

std::optional<IpHeader> read_ip(Bytes ip) {
  if (ip.size() >= kIpv4Bytes && ip[0] >> 4 == 4)
    return IpHeader{size_t{4} * (ip[0] & 15), two_bytes(ip, 2), 12, four_bytes(ip, 2), ip[9],
                    two_bytes(ip, 4) != 0};
  if (ip.size() >= kIpv6Bytes && ip[0] >> 4 == 6)
    return IpHeader{kIpv6Bytes, kIpv6Bytes + two_bytes(ip, 4), 8, four_bytes(ip, 4) >> 8, ip[6], false};
  return std::nullopt;
}

bool is_echo(uint8_t protocol, uint8_t type) {
  constexpr uint8_t kReply4 = 0, kRequest4 = 8, kRequest6 = 128, kReply6 = 129;
  return protocol == IPPROTO_ICMP ? type == kReply4 || type == kRequest4
                                  : type == kRequest6 || type == kReply6;
}

/// `ip`: the octets that are there at each point, without what pads the frame.
void read_content(const IpHeader& header, Bytes ip, PacketContent& content) {
  const size_t l4 = header.bytes;
  const bool tcp = header.protocol == IPPROTO_TCP;
  const bool icmp = header.protocol == IPPROTO_ICMP || header.protocol == IPPROTO_ICMPV6;
  const bool has_l4 = ip.size() >= l4 + 8;
  content.words = header.length_and_id;
  uint64_t key = mixed(header.length_and_id) + header.protocol;
  bool told_apart = header.has_id;
  if (tcp && has_l4) {
    content.words |= uint64_t{four_bytes(ip, l4 + 4)} << 32;
    // Sequence numbers, flags, window; behind the checksum options or payload.
    key = hash_of(ip, l4 + 18, ip.size(), hash_of(ip, l4 + 4, l4 + 16, key));
    told_apart = true;
  } else if (icmp && has_l4) {
    // Of an echo the sequence number: NAT may change the id before it.
    content.words |= is_echo(header.protocol, ip[l4]) ? uint64_t{two_bytes(ip, l4 + 6)} << 32
                                                      : hash_of(ip, l4 + 4, ip.size(), 0) << 32;
    key = hash_of(ip, l4 + 6, ip.size(), hash_of(ip, l4, l4 + 2, key));
  } else if (header.protocol == IPPROTO_UDP) {
    const uint64_t payload = hash_of(ip, l4 + 8, ip.size(), 0);
    content.words |= payload << 32;
    key ^= payload;
  } else {
    const uint64_t payload = hash_of(ip, l4, ip.size(), 0);
    content.words |= payload << 32;
    key = hash_of(ip, l4, ip.size(), key);
  }
  // Many packets may be like this one: only its like between the same ends is taken for it.
  if (!told_apart) key = hash_of(ip, header.addresses_at, icmp ? l4 : l4 + 4, key);
  content.key = key;
}

}  // namespace

std::optional<PacketContent> packet_content(Bytes data, size_t link_bytes) {
  PacketContent content;
  content.header_offset = link_bytes;
  uint16_t type = kIpv4;  // without a link header either version
  if (link_bytes == kEthernetBytes) {
    if (data.size() < kEthernetBytes) return std::nullopt;
    type = two_bytes(data, kEthernetBytes - 2);
    // One tag is passed: it may have been put back into the record, and stands nowhere in the buffer then.
    if ((type == kVlan || type == kServiceVlan) && data.size() >= kEthernetBytes + kTagBytes) {
      content.header_offset += kTagBytes;
      type = two_bytes(data, kEthernetBytes + kTagBytes - 2);
    }
  }
  if (data.size() <= content.header_offset) return std::nullopt;
  Bytes packet = data.subspan(content.header_offset);
  packet = packet.first(std::min(kSureBytes, packet.size()));
  const auto header = type == kIpv4 || type == kIpv6 ? read_ip(packet) : std::nullopt;
  if (!header) {
    content.words = hash_of(packet, 0, packet.size(), type);
    return content;
  }
  // What pads the frame is not there at each point; a length of 0 is an offload's.
  if (header->packet_bytes >= header->bytes && header->packet_bytes < packet.size())
    packet = packet.first(header->packet_bytes);
  read_content(*header, packet, content);
  return content;
}

}  // namespace weir::app
