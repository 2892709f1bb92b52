// SPDX-License-Identifier: Apache-2.0
// The live source of flows: sweeps the kernel's maps and drains its ring. Knows nothing of what flows mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "kernel/flows_object.h"
#include "kernel/map_view.h"
#include "kernel/ring.h"

namespace weir::source {

/// The flow programs' clocks at one moment, and how long a jiffy is.
struct KernelClock {
  uint64_t monotonic_ns = 0;
  uint64_t jiffies = 0;
  uint64_t jiffy_ns = 0;
};

class FlowSweep {
 public:
  using EachEvent = std::function<void(std::span<const std::byte>)>;

  /// `object` is borrowed and stays where it is. `each_event` gets the ring's records.
  static base::Result<FlowSweep> open(const kernel::FlowsObject& object, EachEvent each_event);

  base::Result<KernelClock> clock();
  void drain_events() { ring_.drain(); }

  /// Calls `each(key, entry)` for every entry of both maps; how many.
  template <class Each>
  base::Result<size_t> for_each(Each&& each) {
    auto v4 = flows4_.for_each(each);
    if (!v4) return v4;
    auto v6 = flows6_.for_each(each);
    if (!v6) return v6;
    return *v4 + *v6;
  }

  /// The details of an entry, by LiveKey::details_key(); empty where it has none.
  std::optional<flow_details> details(const flow_key6& key) const { return details_.lookup(key); }
  /// Removes them and gives their last state. Before the entry: a new one with the same key makes its own.
  std::optional<flow_details> take_details(const flow_key6& key) const { return details_.take(key); }
  /// Removes an entry and gives its last state; empty where it is gone.
  std::optional<flow_entry> take(const flow_key4& key) const { return flows4_.take(key); }
  std::optional<flow_entry> take(const flow_key6& key) const { return flows6_.take(key); }

 private:
  FlowSweep(const kernel::FlowsObject& object, kernel::MapView<flow_key4, flow_entry> flows4,
            kernel::MapView<flow_key6, flow_entry> flows6, kernel::MapView<flow_key6, flow_details> details,
            kernel::Ring ring, flow_clock first)
      : object_(&object),
        flows4_(std::move(flows4)),
        flows6_(std::move(flows6)),
        details_(std::move(details)),
        ring_(std::move(ring)),
        first_(first) {}

  const kernel::FlowsObject* object_;
  kernel::MapView<flow_key4, flow_entry> flows4_;
  kernel::MapView<flow_key6, flow_entry> flows6_;
  kernel::MapView<flow_key6, flow_details> details_;
  kernel::Ring ring_;
  flow_clock first_;  // since when jiffies are compared with nanoseconds
};

/// The kernel's tick from how far both clocks went: one of the lengths that CONFIG_HZ can give (100, 250,
/// 300, 1000); 4 ms while too little time has passed to tell.
uint64_t jiffy_length_ns(uint64_t elapsed_ns, uint64_t elapsed_jiffies);

}  // namespace weir::source
