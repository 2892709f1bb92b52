// SPDX-License-Identifier: Apache-2.0
#include "sink/run_summary.h"

#include <algorithm>

#include "sink/human_text.h"

namespace weir::sink {
namespace {

uint64_t sum(const std::vector<NamedCount>& counts) {
  uint64_t total = 0;
  for (const NamedCount& count : counts) total += count.count;
  return total;
}

/// "10 not IP, 2 truncated link header", the most frequent first.
std::string listed(std::vector<NamedCount> counts) {
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  std::string text;
  for (const NamedCount& count : counts) {
    if (count.count == 0) continue;
    if (!text.empty()) text += ", ";
    text += grouped_digits(count.count) + ' ' + count.what;
  }
  return text;
}

std::string counted(uint64_t count, const std::string& singular) {
  return grouped_digits(count) + ' ' + singular + (count == 1 ? "" : "s");
}

}  // namespace

std::string summary_text(const RunSummary& summary) {
  std::string text = "weir: seen " + counted(summary.packets, "packet") + ", " + human_bytes(summary.bytes) +
                     ", in " + counted(summary.flows, "flow") + ", " + counted(summary.records, "record") +
                     '\n';
  if (summary.filtered_out != 0)
    text += "weir: filtered out " + counted(summary.filtered_out, "packet") + '\n';
  if (const uint64_t packets = sum(summary.not_counted); packets != 0)
    text += "weir: in no flow " + counted(packets, "packet") + ": " + listed(summary.not_counted) + '\n';
  if (const uint64_t packets = sum(summary.without_ports); packets != 0)
    text += "weir: in a flow without ports " + counted(packets, "packet") + ": " +
            listed(summary.without_ports) + '\n';
  for (const NamedCount& note : summary.notes)
    if (note.count != 0) text += "weir: " + grouped_digits(note.count) + ' ' + note.what + '\n';
  bool lost = false;
  for (const flow::LossRecord& loss : summary.lost) {
    if (loss.total == 0) continue;
    text += "weir: lost " + grouped_digits(loss.total) + ' ' + loss.unit + ": " + loss.stage + '\n';
    lost = true;
  }
  if (summary.output_failed) {
    text += "weir: lost the records that could not be written\n";
    lost = true;
  }
  if (!summary.complete)
    text += "weir: lost what comes after the error below: the input was not read to its end\n";
  else if (!lost)
    text += "weir: lost nothing\n";
  return text;
}

}  // namespace weir::sink
