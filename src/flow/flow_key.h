// SPDX-License-Identifier: Apache-2.0
// The canonical key of a flow: one for both ways, without regard to who began it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "wire/packet_info.h"

namespace weir::flow {

/// What the two `port` fields of a key hold; part of the key, so that a flow without ports never meets port
/// 0.
enum class PortKind : uint8_t {
  none,
  ports,      // TCP, UDP, SCTP
  echo_id,    // ICMP echo: the id, twice
  icmp_type,  // other ICMP: type << 8 | code, and 0
};

/// Ordered as flow_key4 and flow_key6 of wire/flow.h: the lower address (compared as bytes) first; where the
/// addresses are equal, the lower port. All in network byte order. IPv4 is in the first 4 bytes, the rest 0.
struct FlowKey {
  uint64_t address[2][2] = {};
  uint16_t port[2] = {};
  uint8_t protocol = 0;
  uint8_t version = 0;
  PortKind ports = PortKind::none;
  uint8_t one_way = 0;  // icmp_type: 1 + the sender's index; what comes back of the same type is no answer

  bool operator==(const FlowKey& other) const {
    // Branch-free: one comparison of 40 bytes on the packet path.
    uint64_t mine[5];
    uint64_t others[5];
    static_assert(sizeof mine == sizeof(FlowKey));
    std::memcpy(mine, this, sizeof mine);
    std::memcpy(others, &other, sizeof others);
    return ((mine[0] ^ others[0]) | (mine[1] ^ others[1]) | (mine[2] ^ others[2]) | (mine[3] ^ others[3]) |
            (mine[4] ^ others[4])) == 0;
  }
};
static_assert(sizeof(FlowKey) == 40);

/// A key and which of its addresses sent the packet (0 or 1).
struct OrientedKey {
  FlowKey key;
  unsigned from = 0;
};

/// The transport part of a key as one packet gives it: source first.
struct PortPair {
  uint16_t source = 0;
  uint16_t destination = 0;
  PortKind kind = PortKind::none;
  bool reply = false;  // an ICMP echo reply: tells the ways apart where a host pings itself
};

inline constexpr uint8_t kIcmp = 1;
inline constexpr uint8_t kTcp = 6;
inline constexpr uint8_t kUdp = 17;
inline constexpr uint8_t kIcmpv6 = 58;
inline constexpr uint8_t kSctp = 132;

inline uint16_t byte_swap16(uint16_t value) {
  return __builtin_bswap16(value);
}
inline uint16_t network_to_host16(uint16_t value) {
  return std::endian::native == std::endian::little ? byte_swap16(value) : value;
}
inline uint64_t network_to_host64(uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

inline bool is_icmp(uint8_t version, uint8_t protocol) {
  return version == 4 ? protocol == kIcmp : protocol == kIcmpv6;
}

inline PortPair port_pair(const packet_info& info) {
  if (info.has_ports) return {info.source_port, info.destination_port, PortKind::ports, false};
  if (!info.has_l4 || !is_icmp(info.version, info.protocol)) return {};
  const bool four = info.version == 4;
  const bool request = info.icmp_type == (four ? 8 : 128);
  const bool reply = info.icmp_type == (four ? 0 : 129);
  if (request || reply) return {info.icmp_id, info.icmp_id, PortKind::echo_id, reply};
  const auto type_code = static_cast<uint16_t>(info.icmp_type << 8 | info.icmp_code);
  return {network_to_host16(type_code), 0, PortKind::icmp_type, false};
}

/// The key of a packet between the addresses of `info` with these ports.
inline OrientedKey make_key(const packet_info& info, uint8_t protocol, const PortPair& ports) {
  OrientedKey oriented;
  FlowKey& key = oriented.key;
  int order = 0;  // of source against destination
  uint64_t source[2] = {};
  uint64_t destination[2] = {};
  if (info.version == 4) {
    std::memcpy(source, &info.source.v4, 4);
    std::memcpy(destination, &info.destination.v4, 4);
  } else {
    std::memcpy(source, info.source.v6, 16);
    std::memcpy(destination, info.destination.v6, 16);
  }
  for (int word = 0; word < 2 && order == 0; ++word) {
    const uint64_t left = network_to_host64(source[word]);
    const uint64_t right = network_to_host64(destination[word]);
    order = left < right ? -1 : left > right ? 1 : 0;
  }
  if (order == 0) {
    if (ports.kind == PortKind::ports)
      order = network_to_host16(ports.source) <= network_to_host16(ports.destination) ? -1 : 1;
    else
      order = ports.reply ? 1 : -1;
  }
  const unsigned from = order > 0 ? 1 : 0;
  const bool ordered = ports.kind == PortKind::icmp_type;  // its two halves are no ends
  std::memcpy(key.address[from], source, 16);
  std::memcpy(key.address[from ^ 1], destination, 16);
  key.port[ordered ? 0 : from] = ports.source;
  key.port[ordered ? 1 : from ^ 1] = ports.destination;
  key.protocol = protocol;
  key.version = info.version;
  key.ports = ports.kind;
  key.one_way = ordered ? static_cast<uint8_t>(1 + from) : 0;
  oriented.from = from;
  return oriented;
}

inline OrientedKey make_key(const packet_info& info) {
  return make_key(info, info.protocol, port_pair(info));
}

__extension__ typedef unsigned __int128 uint128;

/// Keyed multiply-and-fold hash (as wyhash does): `seed` keeps senders from choosing collisions.
inline uint32_t hash_key(const FlowKey& key, uint64_t seed) {
  const auto fold = [](uint64_t left, uint64_t right) {
    const uint128 product = static_cast<uint128>(left) * right;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t rest;
  std::memcpy(&rest, key.port, sizeof rest);
  uint64_t hash = seed ^ 0x9e3779b97f4a7c15ULL;
  if (key.version == 4) {
    const uint64_t pair = (key.address[0][0] & 0xffffffff) | key.address[1][0] << 32;
    hash = fold(pair ^ hash, rest ^ 0xe7037ed1a0b428dbULL ^ seed);
  } else {
    hash = fold(key.address[0][0] ^ hash, key.address[0][1] ^ 0xa0761d6478bd642fULL);
    hash = fold(key.address[1][0] ^ hash, key.address[1][1] ^ 0x8ebc6af09c88c6e3ULL);
    hash = fold(rest ^ hash, 0xe7037ed1a0b428dbULL ^ seed);
  }
  hash = fold(hash ^ seed, 0x589965cc75374cc3ULL);
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

}  // namespace weir::flow
