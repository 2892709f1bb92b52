// SPDX-License-Identifier: Apache-2.0
#include "source/flow_sweep.h"

#include <array>

namespace weir::source {

base::Result<FlowSweep> FlowSweep::open(const kernel::FlowsObject& object, EachEvent each_event) {
  auto flows4 = kernel::MapView<flow_key4, flow_entry>::of(object.flows4_fd());
  if (!flows4) return base::fail_within(flows4.error(), "IPv4 flows");
  auto flows6 = kernel::MapView<flow_key6, flow_entry>::of(object.flows6_fd());
  if (!flows6) return base::fail_within(flows6.error(), "IPv6 flows");
  auto details = kernel::MapView<flow_key6, flow_details>::of(object.details_fd());
  if (!details) return base::fail_within(details.error(), "details of flows");
  auto ring = kernel::Ring::open(object.events_fd(), std::move(each_event));
  if (!ring) return tl::unexpected(ring.error());
  auto first = object.clock();
  if (!first) return tl::unexpected(first.error());
  return FlowSweep(object, std::move(*flows4), std::move(*flows6), std::move(*details), std::move(*ring),
                   *first);
}

base::Result<KernelClock> FlowSweep::clock() {
  const auto now = object_->clock();
  if (!now) return tl::unexpected(now.error());
  return KernelClock{now->time_ns, now->jiffies,
                     jiffy_length_ns(now->time_ns - first_.time_ns, now->jiffies - first_.jiffies)};
}

uint64_t jiffy_length_ns(uint64_t elapsed_ns, uint64_t elapsed_jiffies) {
  constexpr std::array<uint64_t, 4> kLengths = {1'000'000, 3'333'333, 4'000'000, 10'000'000};
  constexpr uint64_t kEnoughToTell = 20;
  if (elapsed_jiffies < kEnoughToTell) return 4'000'000;
  const uint64_t measured = elapsed_ns / elapsed_jiffies;
  uint64_t nearest = kLengths[0];
  for (const uint64_t length : kLengths) {
    const auto distance = [measured](uint64_t other) {
      return measured > other ? measured - other : other - measured;
    };
    if (distance(length) < distance(nearest)) nearest = length;
  }
  return nearest;
}

}  // namespace weir::source
