// SPDX-License-Identifier: Apache-2.0
#include "decode/flow_snapshot.h"

#include <arpa/inet.h>

namespace weir::decode {
namespace {

template <class T>
T load(const void* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

/// The kernel side's order: native loads of one 32-bit or two 64-bit words, then the ports as they stand.
bool comes_first(const IpAddress& address, __be16 port, const IpAddress& other, __be16 other_port) {
  const uint8_t* a = address.bytes.data();
  const uint8_t* b = other.bytes.data();
  if (address.version == 4) {
    if (load<uint32_t>(a) != load<uint32_t>(b)) return load<uint32_t>(a) < load<uint32_t>(b);
  } else {
    if (load<uint64_t>(a) != load<uint64_t>(b)) return load<uint64_t>(a) < load<uint64_t>(b);
    if (load<uint64_t>(a + 8) != load<uint64_t>(b + 8)) return load<uint64_t>(a + 8) < load<uint64_t>(b + 8);
  }
  return port <= other_port;
}

IpAddress address_from(const uint8_t* bytes, uint32_t version) {
  return version == 4 ? IpAddress::v4(bytes) : IpAddress::v6(bytes);
}

uint32_t scope_of(const LiveTuple& tuple) {
  return (tuple.netns & FLOW_SCOPE_NETNS) | uint32_t{tuple.protocol} << FLOW_SCOPE_PROTOCOL_SHIFT;
}

/// The key of a ring record, of either version.
LiveKey key_of(const flow_key6& key, uint32_t netns) {
  LiveKey live = LiveKey::of(key, netns);
  if (key.scope & FLOW_SCOPE_IPV4) live.version = 4;
  return live;
}

}  // namespace

LiveKey LiveKey::of(const flow_key4& key, uint32_t netns) {
  LiveKey live;
  std::memcpy(live.tuple.address[0], &key.address[0], 4);
  std::memcpy(live.tuple.address[1], &key.address[1], 4);
  live.tuple.port[0] = key.port[0];
  live.tuple.port[1] = key.port[1];
  live.tuple.netns = netns;
  live.tuple.protocol = static_cast<uint8_t>(key.scope >> FLOW_SCOPE_PROTOCOL_SHIFT);
  return live;
}

LiveKey LiveKey::of(const flow_key6& key, uint32_t netns) {
  LiveKey live;
  live.version = 6;
  std::memcpy(live.tuple.address, key.address, sizeof(live.tuple.address));
  live.tuple.port[0] = key.port[0];
  live.tuple.port[1] = key.port[1];
  live.tuple.netns = netns;
  live.tuple.protocol = static_cast<uint8_t>(key.scope >> FLOW_SCOPE_PROTOCOL_SHIFT);
  return live;
}

LiveKey LiveKey::canonical(const IpAddress& address, __be16 port, const IpAddress& other, __be16 other_port,
                           uint8_t protocol, uint32_t netns, uint32_t* local) {
  const uint32_t index = comes_first(address, port, other, other_port) ? 0 : 1;
  LiveKey live;
  live.version = address.version;
  std::memcpy(live.tuple.address[index], address.bytes.data(), 16);
  std::memcpy(live.tuple.address[index ^ 1], other.bytes.data(), 16);
  live.tuple.port[index] = port;
  live.tuple.port[index ^ 1] = other_port;
  live.tuple.netns = netns;
  live.tuple.protocol = protocol;
  if (local) *local = index;
  return live;
}

flow_key4 LiveKey::to_v4() const {
  flow_key4 key{};
  std::memcpy(&key.address[0], tuple.address[0], 4);
  std::memcpy(&key.address[1], tuple.address[1], 4);
  key.port[0] = tuple.port[0];
  key.port[1] = tuple.port[1];
  key.scope = scope_of(tuple) | FLOW_SCOPE_IPV4;
  return key;
}

flow_key6 LiveKey::to_v6() const {
  flow_key6 key{};
  std::memcpy(key.address, tuple.address, sizeof(key.address));
  key.port[0] = tuple.port[0];
  key.port[1] = tuple.port[1];
  key.scope = scope_of(tuple);
  return key;
}

flow_key6 LiveKey::details_key() const {
  flow_key6 key = to_v6();
  if (version == 4) key.scope |= FLOW_SCOPE_IPV4;
  return key;
}

IpAddress LiveKey::address(size_t index) const {
  return address_from(tuple.address[index], version);
}

uint16_t LiveKey::port(size_t index) const {
  return ntohs(tuple.port[index]);
}

size_t LiveKey::hash() const {
  uint64_t hash = 0x9e3779b97f4a7c15u ^ version;
  const auto mix = [&hash](uint64_t word) {
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  };
  for (size_t i = 0; i < 2; i++) {
    mix(load<uint64_t>(tuple.address[i]));
    mix(load<uint64_t>(tuple.address[i] + 8));
  }
  mix(uint64_t{tuple.port[0]} << 48 | uint64_t{tuple.port[1]} << 32 | tuple.netns);
  mix(tuple.protocol);
  return hash;
}

std::optional<FlowEvent> decode_flow_event(std::span<const std::byte> record) {
  if (record.size() < sizeof(event_header)) return std::nullopt;
  const auto header = load<event_header>(record.data());
  if (header.size != record.size()) return std::nullopt;
  if (header.kind == FLOW_EVENT_RESTARTED && record.size() == sizeof(flow_event_restarted)) {
    const auto event = load<flow_event_restarted>(record.data());
    return FlowRestarted{key_of(event.key, event.entry.netns), event.entry, event.details};
  }
  if (header.kind == FLOW_EVENT_OVERFLOW && record.size() == sizeof(flow_event_overflow)) {
    const auto event = load<flow_event_overflow>(record.data());
    if (event.from > 1) return std::nullopt;
    return FlowOverflow{key_of(event.key, event.netns),
                        header.time_ns,
                        event.packets,
                        event.bytes,
                        event.from,
                        !!event.egress,
                        event.tcp_flags,
                        event.icmp_type,
                        event.icmp_code};
  }
  return std::nullopt;
}

IpAddress local_address(const socket_listing& socket) {
  return address_from(socket.local_address, socket.version);
}
IpAddress remote_address(const socket_listing& socket) {
  return address_from(socket.remote_address, socket.version);
}

}  // namespace weir::decode
