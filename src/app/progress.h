// SPDX-License-Identifier: Apache-2.0
// How far a long run over a file is, on a terminal's stderr only.
#pragma once

#include <cstdint>

#include "flow/packet_flows.h"

namespace weir::app {

/// Silent in the first second, then one line that is written over.
class Progress {
 public:
  /// Nothing is ever shown where stderr is no terminal, or `output_on_terminal` would be torn by it.
  explicit Progress(bool output_on_terminal);
  void show(const flow::PacketFlowsCounters& counters) {
    if (enabled_ && ++calls_ % kCallsPerLook == 0) look(counters);
  }
  void clear();

 private:
  static constexpr uint64_t kCallsPerLook = 1024;
  void look(const flow::PacketFlowsCounters& counters);

  bool enabled_;
  bool shown_ = false;
  uint64_t calls_ = 0;
  int64_t next_ns_;
};

}  // namespace weir::app
