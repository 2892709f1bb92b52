// SPDX-License-Identifier: Apache-2.0
#include "app/lab_pace.h"

#include <poll.h>

#include <algorithm>

namespace weir::app {

using Clock = std::chrono::steady_clock;

LabPace::LabPace(StopSignal stop, std::chrono::nanoseconds interval, uint64_t count)
    : stop_(std::move(stop)), interval_(interval), left_(count), last_(Clock::now()) {}

base::Result<LabPace> LabPace::create(std::chrono::nanoseconds interval, uint64_t count) {
  auto stop = StopSignal::create();
  if (!stop) return tl::unexpected<base::Error>(std::move(stop.error()));
  // A first turn has nothing to compare with: `count` of them are waited for.
  return LabPace(std::move(*stop), interval, count == 0 ? 0 : count + 1);
}

bool LabPace::next() {
  if (left_ == 1) return false;
  if (left_ != 0) --left_;
  const auto until = last_ + interval_;
  while (!stop_.requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) break;
    pollfd wait{stop_.fd(), POLLIN, 0};
    poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, 1'000'000)));
  }
  if (stop_.requested()) return false;
  const auto now = Clock::now();
  elapsed_seconds_ = std::max(0.001, std::chrono::duration<double>(now - last_).count());
  last_ = now;
  return true;
}

}  // namespace weir::app
