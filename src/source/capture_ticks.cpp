// SPDX-License-Identifier: Apache-2.0
#include "source/capture_ticks.h"

#include <algorithm>

namespace weir::source {
namespace {

__extension__ using Wide = __int128;

constexpr uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

std::optional<TickClock> TickClock::of(uint8_t resolution, int64_t offset_seconds) {
  const unsigned exponent = resolution & 0x7f;
  TickClock clock;
  clock.offset_seconds_ = offset_seconds;
  if ((resolution & 0x80) != 0) {
    if (exponent > 63) return std::nullopt;
    clock.ticks_per_second_ = uint64_t{1} << exponent;
  } else {
    if (exponent > 19) return std::nullopt;
    clock.ticks_per_second_ = 1;
    for (unsigned i = 0; i < exponent; ++i) clock.ticks_per_second_ *= 10;
  }
  if (offset_seconds == 0 && kNsPerSecond % clock.ticks_per_second_ == 0) {
    clock.ns_per_tick_ = kNsPerSecond / clock.ticks_per_second_;
    clock.most_ticks_ = uint64_t{INT64_MAX} / clock.ns_per_tick_;
  } else {
    clock.has_quick_way_ = false;
  }
  return clock;
}

int64_t TickClock::to_ns_slowly(uint64_t ticks) const {
  const uint64_t seconds = ticks / ticks_per_second_;
  const uint64_t fraction = ticks % ticks_per_second_;
  const Wide time =
      (Wide{seconds} + offset_seconds_) * kNsPerSecond + Wide{fraction} * kNsPerSecond / ticks_per_second_;
  return static_cast<int64_t>(std::clamp<Wide>(time, INT64_MIN, INT64_MAX));
}

}  // namespace weir::source
