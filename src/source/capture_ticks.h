// SPDX-License-Identifier: Apache-2.0
// The unit in which a pcapng interface counts its time (if_tsresol, if_tsoffset).
#pragma once

#include <cstdint>
#include <optional>

namespace weir::source {

class TickClock {
 public:
  /// Microseconds since 1970: what an interface without options means.
  TickClock() = default;
  /// `resolution` is an if_tsresol: 10^-n seconds, or 2^-n with the upper bit. Empty: finer than 64 bits of
  /// ticks can count a second of.
  static std::optional<TickClock> of(uint8_t resolution, int64_t offset_seconds);

  /// Nanoseconds since 1970, rounded down; times that 64 bits cannot hold become the nearest that they can.
  int64_t to_ns(uint64_t ticks) const {
    if (has_quick_way_ && ticks <= most_ticks_) return static_cast<int64_t>(ticks * ns_per_tick_);
    return to_ns_slowly(ticks);
  }

 private:
  int64_t to_ns_slowly(uint64_t ticks) const;

  uint64_t ns_per_tick_ = 1000;
  uint64_t most_ticks_ = uint64_t{INT64_MAX} / 1000;  // that a product with ns_per_tick_ serves
  bool has_quick_way_ = true;                         // no offset, whole nanoseconds
  uint64_t ticks_per_second_ = 1'000'000;
  int64_t offset_seconds_ = 0;
};

}  // namespace weir::source
