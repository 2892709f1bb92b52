// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_summary.h"

#include "sink/human_text.h"

namespace weir::sink {
namespace {

std::string packets(uint64_t count) {
  return grouped_digits(count) + (count == 1 ? " packet" : " packets");
}

}  // namespace

std::string packet_summary_text(const PacketSummary& summary) {
  std::string text = "weir: read " + packets(summary.read);
  if (!summary.output_failed) {
    text += ", wrote " + grouped_digits(summary.written);
    if (!summary.target.empty()) text += ' ' + summary.target;
  }
  text += '\n';
  for (const NamedCount& reason : summary.left_out)
    if (reason.count != 0) text += "weir: left out " + packets(reason.count) + ": " + reason.what + '\n';
  for (const NamedCount& note : summary.notes)
    if (note.count != 0) text += "weir: " + packets(note.count) + ' ' + note.what + '\n';
  if (summary.lost != 0) text += "weir: lost " + packets(summary.lost) + ": the file takes no more\n";
  if (summary.lost_before != 0)
    text += "weir: lost " + packets(summary.lost_before) + " when the capture was taken, as it says\n";
  if (summary.output_failed && summary.lost == 0)
    text += "weir: lost the packets that could not be written\n";
  if (!summary.complete)
    text += "weir: lost what comes after the error below: the input was not read to its end\n";
  else if (!summary.output_failed && summary.lost_before == 0)
    text += "weir: lost nothing\n";
  return text;
}

}  // namespace weir::sink
