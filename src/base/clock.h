// SPDX-License-Identifier: Apache-2.0
// Times in nanoseconds, and their RFC 3339 text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>

namespace weir::base {

inline int64_t now_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// What to add to a CLOCK_MONOTONIC time (bpf_ktime_get_ns) to get nanoseconds since 1970 (UTC).
inline int64_t monotonic_to_wall_ns() {
  return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
}

inline constexpr size_t kRfc3339Bytes = 30;  // "2026-11-21T09:27:19.123456789Z"

/// Writes exactly kRfc3339Bytes characters for `unix_ns` (UTC, nanoseconds), without a final NUL.
void write_rfc3339(int64_t unix_ns, char* to);

}  // namespace weir::base
