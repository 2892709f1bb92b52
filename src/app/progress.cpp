// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <unistd.h>

#include <cstdio>

#include "base/clock.h"
#include "sink/human_text.h"

namespace weir::app {
namespace {

constexpr int64_t kFirstNs = 1'000'000'000;
constexpr int64_t kNextNs = 200'000'000;
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

Progress::Progress(bool output_on_terminal)
    : enabled_(!output_on_terminal && ::isatty(STDERR_FILENO) == 1),
      next_ns_(base::now_ns(CLOCK_MONOTONIC) + kFirstNs) {}

void Progress::look(const flow::PacketFlowsCounters& counters) {
  const int64_t now = base::now_ns(CLOCK_MONOTONIC);
  if (now < next_ns_) return;
  next_ns_ = now + kNextNs;
  shown_ = true;
  std::fprintf(stderr, "%sweir: %s packets, %s flows", kEraseLine,
               sink::human_count(counters.packets).c_str(), sink::human_count(counters.flows).c_str());
}

void Progress::clear() {
  if (shown_) std::fputs(kEraseLine, stderr);
}

}  // namespace weir::app
