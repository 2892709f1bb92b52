// SPDX-License-Identifier: Apache-2.0
// Packets and octets a second, from successive snapshots of totals.
#pragma once

#include <cstdint>
#include <unordered_map>

namespace weir::flow {

struct Rate {
  double packets = 0;  // a second
  double bytes = 0;
};

/// Remembers the last snapshot only: what is not in a snapshot is forgotten with it. Which flow or group an
/// id names is the caller's affair.
class Rates {
 public:
  /// `time_ns` of any clock that does not go back.
  void begin_snapshot(int64_t time_ns);
  /// The rate since the snapshot before. One that was not in it began since then; totals below those of then
  /// began anew. In the first snapshot of all, and without time between two, all rates are 0.
  Rate add(uint64_t id, uint64_t packets, uint64_t bytes);

 private:
  struct Totals {
    uint64_t packets = 0;
    uint64_t bytes = 0;
  };

  std::unordered_map<uint64_t, Totals> before_;
  std::unordered_map<uint64_t, Totals> now_;
  int64_t now_ns_ = 0;
  double seconds_ = 0;  // between the two
  bool begun_ = false;
};

}  // namespace weir::flow
