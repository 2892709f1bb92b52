// SPDX-License-Identifier: Apache-2.0
#include "source/boot_clock.h"

#include <algorithm>
#include <cstdlib>

#include "base/clock.h"

namespace weir::source {
namespace {

/// Differences below are the reading's own: another task ran between the two clocks.
constexpr int64_t kSmallestStepNs = 20'000;
constexpr int64_t kWidestReadingNs = 5'000;
constexpr int kFirstReadings = 8;

}  // namespace

BootClock::BootClock(ReadClock read_clock)
    : read_(read_clock ? read_clock : [](int id) { return base::now_ns(id); }) {
  Reading best = read();
  for (int i = 1; i < kFirstReadings; i++) {
    const Reading next = read();
    if (next.width_ns < best.width_ns) best = next;
  }
  distance_ns_ = best.distance_ns;
}

BootClock::Reading BootClock::read() const {
  const int64_t before = read_(CLOCK_BOOTTIME);
  const int64_t wall = read_(CLOCK_REALTIME);
  const int64_t after = read_(CLOCK_BOOTTIME);
  return {wall - (before + (after - before) / 2), after - before};
}

void BootClock::refresh() {
  const Reading now = read();
  // Whoever was interrupted between the clocks cannot tell small steps, but large ones.
  const int64_t smallest = kSmallestStepNs + std::max<int64_t>(0, now.width_ns - kWidestReadingNs);
  if (std::abs(now.distance_ns - distance_ns_) < smallest) return;
  distance_ns_ = now.distance_ns;
  ++steps_;
}

}  // namespace weir::source
