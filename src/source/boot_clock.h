// SPDX-License-Identifier: Apache-2.0
// Times of the kernel's programs as wall time, right across suspend and steps of the clock.
#pragma once

#include <cstdint>

namespace weir::source {

/// CLOCK_BOOTTIME -> nanoseconds since 1970. Both clocks tick alike and go on during suspend (NTP turns
/// both), so that their distance changes only when somebody sets the clock.
class BootClock {
 public:
  using ReadClock = int64_t (*)(int clock_id);

  explicit BootClock(ReadClock read = nullptr);  // null: clock_gettime

  /// Looks whether the clock was set; cheap, for every look at the ring. Packets that wait there when the
  /// clock is set are told in the new time.
  void refresh();
  int64_t wall_ns(uint64_t boot_ns) const { return static_cast<int64_t>(boot_ns) + distance_ns_; }
  uint64_t steps() const { return steps_; }

 private:
  struct Reading {
    int64_t distance_ns;
    int64_t width_ns;  // between the two looks at one clock around one at the other
  };
  Reading read() const;

  ReadClock read_;
  int64_t distance_ns_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace weir::source
