// SPDX-License-Identifier: Apache-2.0
// What a run over packets read and wrote, in a few lines for stderr.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sink/run_summary.h"

namespace weir::sink {

struct PacketSummary {
  uint64_t read = 0;
  uint64_t written = 0;
  std::string target{};                // "on stdout", "to day.pcapng"
  std::vector<NamedCount> left_out{};  // packets not wanted, by the reason: "the filter does not match"
  std::vector<NamedCount> notes{};     // of packets written: "with options that end early"
  uint64_t lost = 0;                   // packets that -w's file does not keep
  uint64_t lost_before = 0;            // when the capture was taken, as it says
  bool complete = true;                // false: the input ended in an error, nobody knows how much came after
  bool output_failed = false;          // what should have been written after that is lost
};

/// Lines that each begin with "weir: " and end with a newline; zeros are left out, losses never.
std::string packet_summary_text(const PacketSummary& summary);

}  // namespace weir::sink
