// SPDX-License-Identifier: Apache-2.0
#include "app/live_report.h"

#include <algorithm>
#include <cstdio>

#include "sink/run_summary.h"

namespace weir::app {

std::string opening_text(const LiveRun& run) {
  std::string text = "weir: " + run.description() + '\n';
  for (const std::string& note : run.notes()) text += "weir: " + note + '\n';
  return text;
}

std::string report_text(const LiveRun& run, uint64_t most_records, bool output_failed) {
  sink::RunSummary summary = run.summary();
  summary.records = std::min(summary.records, most_records);
  summary.output_failed = output_failed;
  std::string text = summary_text(summary);
  if (const auto cost = run.cost()) {
    char line[160];
    std::snprintf(line, sizeof line, "weir: own cost in the kernel: %.0f ns a packet, %llu runs\n",
                  cost->ns_per_run(), static_cast<unsigned long long>(cost->runs));
    text += line;
  }
  return text;
}

}  // namespace weir::app
