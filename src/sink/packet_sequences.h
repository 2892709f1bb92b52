// SPDX-License-Identifier: Apache-2.0
// The first sequence numbers of TCP connections, for numbers relative to them. Bounded.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace weir::sink {

/// A connection's ends, the lower port (or, where equal, address) first. Unused bytes are 0.
struct ConnectionKey {
  std::array<uint8_t, 16> low_address{};
  std::array<uint8_t, 16> high_address{};
  uint16_t low_port = 0;
  uint16_t high_port = 0;
  uint8_t version = 0;
  bool operator==(const ConnectionKey&) const = default;
};

struct FirstSequences {
  uint32_t low = 0;   // of the end that the key names first
  uint32_t high = 0;  // of the other
};

/// Remembers the newest connections; of those that meet in one set of eight, the one not used longest gives
/// way, and its next segment starts anew as after a loss of memory: it shows an absolute number once.
class PacketSequences {
 public:
  explicit PacketSequences(uint32_t sets = 4096);

  struct Found {
    FirstSequences* sequences;
    bool known;  // false: a new entry, to be filled
  };
  Found find(const ConnectionKey& key);
  uint64_t evicted() const { return evicted_; }

 private:
  static constexpr uint32_t kWays = 8;
  struct Entry {
    ConnectionKey key;
    FirstSequences sequences;
    uint32_t used = 0;  // when; 0: empty
  };

  std::vector<Entry> entries_;  // made when the first connection is seen
  uint32_t sets_;
  uint32_t clock_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace weir::sink
