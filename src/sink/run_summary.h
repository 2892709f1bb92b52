// SPDX-License-Identifier: Apache-2.0
// What a run saw and what it lost, in a few lines for stderr.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flow/flow_record.h"

namespace weir::sink {

struct NamedCount {
  std::string what;
  uint64_t count = 0;
};

struct RunSummary {
  uint64_t packets = 0;  // counted for a flow
  uint64_t bytes = 0;    // octets of IP packets
  uint64_t flows = 0;
  uint64_t records = 0;                   // written
  uint64_t filtered_out = 0;              // packets that the expression did not want
  std::vector<NamedCount> not_counted;    // packets without a flow, by the parser's refusal
  std::vector<NamedCount> without_ports;  // packets that count for their address pair only, by the reason
  std::vector<NamedCount> notes;          // "flows evicted (--max-flows 1000)", ...
  bool complete = true;                // false: the input ended in an error, nobody knows how much came after
  bool output_failed = false;          // what should have been written after that is lost
  std::vector<flow::LossRecord> lost;  // one a stage, `total` counts
};

/// Lines that each begin with "weir: " and end with a newline; zeros are left out, losses never: "lost
/// nothing".
std::string summary_text(const RunSummary& summary);

}  // namespace weir::sink
