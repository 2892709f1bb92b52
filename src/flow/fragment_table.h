// SPDX-License-Identifier: Apache-2.0
// Which ports a fragmented datagram has: told by its first fragment, asked by the later ones.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "flow/flow_key.h"

namespace weir::flow {

/// Holds at most kDatagrams for kKeptNs each. 8-way set-associative: when a set is full its oldest goes.
class FragmentTable {
 public:
  static constexpr size_t kDatagrams = 4096;
  static constexpr int64_t kKeptNs = 30'000'000'000;

  struct Transport {
    uint8_t protocol = 0;
    PortPair ports;
  };

  explicit FragmentTable(uint64_t seed) : seed_(seed) {}

  /// `info` is a first fragment.
  void remember(const packet_info& info, const PortPair& ports, int64_t now_ns);
  /// `info` is a later fragment; empty: its first one was not seen, is too old or was evicted.
  std::optional<Transport> find(const packet_info& info, int64_t now_ns) const;

  /// Datagrams that made room for others before their time.
  uint64_t evicted() const { return evicted_; }

 private:
  static constexpr size_t kWays = 8;

  /// RFC 791 3.2: source, destination, protocol and id name an IPv4 datagram; RFC 8200 4.5: without the
  /// protocol.
  struct Name {
    uint64_t source[2] = {};
    uint64_t destination[2] = {};
    uint32_t id = 0;
    uint8_t version = 0;
    uint8_t protocol = 0;  // IPv4 only
    bool operator==(const Name&) const = default;
  };
  struct Datagram {
    Name name;
    Transport transport;
    int64_t seen_ns = -kKeptNs;
  };

  static Name name_of(const packet_info& info);
  size_t set_of(const Name& name) const;

  uint64_t seed_;
  uint64_t evicted_ = 0;
  std::vector<Datagram> datagrams_;  // empty until the first fragment
};

}  // namespace weir::flow
