// SPDX-License-Identifier: Apache-2.0
#include "flow/fragment_table.h"

namespace weir::flow {

FragmentTable::Name FragmentTable::name_of(const packet_info& info) {
  Name name;
  if (info.version == 4) {
    std::memcpy(name.source, &info.source.v4, 4);
    std::memcpy(name.destination, &info.destination.v4, 4);
    name.protocol = info.protocol;
  } else {
    std::memcpy(name.source, info.source.v6, 16);
    std::memcpy(name.destination, info.destination.v6, 16);
  }
  name.id = info.fragment_id;
  name.version = info.version;
  return name;
}

size_t FragmentTable::set_of(const Name& name) const {
  FlowKey key;
  std::memcpy(key.address[0], name.source, sizeof name.source);
  std::memcpy(key.address[1], name.destination, sizeof name.destination);
  std::memcpy(key.port, &name.id, sizeof name.id);
  key.version = name.version;
  key.protocol = name.protocol;
  return hash_key(key, seed_) % (kDatagrams / kWays) * kWays;
}

void FragmentTable::remember(const packet_info& info, const PortPair& ports, int64_t now_ns) {
  if (datagrams_.empty()) datagrams_.resize(kDatagrams);
  const Name name = name_of(info);
  Datagram* const set = &datagrams_[set_of(name)];
  Datagram* chosen = set;
  for (size_t way = 0; way < kWays; ++way) {
    if (set[way].name == name) {
      chosen = &set[way];
      break;
    }
    if (set[way].seen_ns < chosen->seen_ns) chosen = &set[way];
  }
  if (chosen->name != name && now_ns - chosen->seen_ns < kKeptNs) ++evicted_;
  *chosen = {name, {info.protocol, ports}, now_ns};
}

std::optional<FragmentTable::Transport> FragmentTable::find(const packet_info& info, int64_t now_ns) const {
  if (datagrams_.empty()) return std::nullopt;
  const Name name = name_of(info);
  const Datagram* const set = &datagrams_[set_of(name)];
  for (size_t way = 0; way < kWays; ++way)
    if (set[way].name == name && now_ns - set[way].seen_ns < kKeptNs) return set[way].transport;
  return std::nullopt;
}

}  // namespace weir::flow
