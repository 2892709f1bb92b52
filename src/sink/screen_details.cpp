// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_details.h"

#include <string>

#include "flow/field.h"
#include "sink/human_text.h"

namespace weir::sink {
namespace {

constexpr size_t kNameColumns = 36;

std::string human_rate(double bytes_a_second) {
  return human_bytes(static_cast<uint64_t>(bytes_a_second + 0.5)) + "/s";
}

ScreenLine named(std::string_view name, const std::string& value) {
  ScreenLine line;
  line.add(fitted_text(name, kNameColumns), Style::dim).add(shown_text(value));
  return line;
}

}  // namespace

std::vector<ScreenLine> detail_lines(const ScreenFlow& flow) {
  const flow::FlowRecord& record = flow.record;
  std::vector<ScreenLine> lines;
  lines.emplace_back().add(protocol_text(record.protocol) + ' ' +
                               endpoint_text(record.source, record.has_ports) + " -> " +
                               endpoint_text(record.destination, record.has_ports),
                           Style::bold);
  lines.push_back(named("rate, source to destination", human_rate(flow.sent_rate)));
  lines.push_back(named("rate, destination to source", human_rate(flow.received_rate)));
  std::string text;
  for (const flow::Field& field : flow::fields()) {
    text.clear();
    if (!flow::append_field(field, record, text)) continue;
    if (field.kind == flow::FieldKind::duration) {
      const auto nanoseconds = field.number(record);
      text = human_duration(nanoseconds.value_or(0));
    } else if (field.kind == flow::FieldKind::number && field.name.ends_with("bytes")) {
      const auto bytes = field.number(record);
      if (bytes.value_or(0) >= 1000) text += " (" + human_bytes(*bytes) + ')';
    }
    lines.push_back(named(field.name, text));
  }
  return lines;
}

std::vector<ScreenLine> help_lines() {
  struct Entry {
    const char* keys;
    const char* meaning;
  };
  static constexpr Entry kEntries[] = {
      {"r b p t x a", "order by rate, bytes, packets, round trip, retransmits, age (the youngest first)"},
      {"f", "order groups by their number of flows"},
      {"", "the same key again turns the order round"},
      {"/", "filter: words that a row must hold, !word for those it must not; Enter keeps it, Esc clears it"},
      {"g", "flows, then sums by process, container, destination, port, source, then flows again"},
      {"Enter", "all about the selected flow; the flows of the selected group"},
      {"Esc", "clear the filter; back to the groups; select nothing"},
      {"Up Down PgUp PgDn Home End", "select and scroll; k and j do the same"},
      {"Space", "stand still; counting goes on"},
      {"c", "what Weir costs in the kernel: about 20 ns more for each packet, twice, while it is shown"},
      {"h ?", "this page"},
      {"q", "quit; Ctrl-C does the same"},
  };
  std::vector<ScreenLine> lines;
  for (const Entry& entry : kEntries)
    lines.emplace_back().add(fitted_text(entry.keys, 28), Style::bold).add(entry.meaning);
  lines.emplace_back();
  for (const char* text :
       {"B/S and BYTES are octets of IP packets as on the wire; -> is what the source sent, <- what the",
        "destination sent. The source is who began. A flow that ended stays, dimmed, for 5 seconds.",
        "STATE with ~: the connection is older than Weir, its numbers begin with Weir's.",
        "A socket that packets find no owner for (another host's) has no OWNER."})
    lines.emplace_back().add(text);
  return lines;
}

}  // namespace weir::sink
