// SPDX-License-Identifier: Apache-2.0
#include "sink/line_sink.h"

#include <array>

#include "base/clock.h"
#include "sink/flow_columns.h"
#include "sink/human_text.h"

namespace weir::sink {
namespace {

constexpr size_t kMicroseconds = 26;  // of an RFC 3339 text, without the last digits

void append_time(std::string& line, int64_t unix_ns) {
  std::array<char, base::kRfc3339Bytes> text{};
  base::write_rfc3339(unix_ns, text.data());
  line.append(text.data(), kMicroseconds);
  line += 'Z';
}

void append_left(std::string& line, std::string_view text, size_t width) {
  line += text;
  line.append(width - std::min(width, display_width(text)), ' ');
}

void append_right(std::string& line, std::string_view text, size_t width) {
  line.append(width - std::min(width, display_width(text)), ' ');
  line += text;
}

void append_end(std::string& line, const flow::FlowEnd& end, bool has_ports) {
  std::string text = endpoint_text(end, has_ports);
  if (const std::string owner = owner_text(end); !owner.empty()) text += " (" + owner + ")";
  append_left(line, text, 21);
}

void append_counters(std::string& line, const flow::FlowEnd& end) {
  append_right(line, human_count(end.packets), 6);
  line += " pkts ";
  append_right(line, human_bytes(end.bytes), 7);
}

}  // namespace

void LineSink::write(const flow::FlowRecord& record) {
  std::string line;
  append_time(line, record.start_ns);
  line += ' ';
  const int64_t duration = record.end_ns - record.start_ns;
  append_right(line, human_duration(duration > 0 ? static_cast<uint64_t>(duration) : 0), 7);
  line += ' ';
  append_left(line, protocol_text(record.protocol), 5);
  line += ' ';
  append_end(line, record.source, record.has_ports);
  line += " -> ";
  append_end(line, record.destination, record.has_ports);
  line += ' ';
  append_counters(line, record.source);
  line += " <- ";
  append_counters(line, record.destination);
  line += ' ';
  const Style style = colour_ ? state_style(record.state) : Style::plain;
  line += style_begin(style);
  line += flow::to_string(record.state);
  if (style != Style::plain) line += kStyleEnd;
  if (record.partial) line += " partial";
  if (record.icmp_type) line += " type " + std::to_string(*record.icmp_type);
  if (record.icmp_type && record.icmp_code) line += " code " + std::to_string(*record.icmp_code);
  if (const std::string round_trip = round_trip_text(record); !round_trip.empty())
    line += " rtt " + round_trip;
  if (const uint64_t retransmits = record.source.retransmits + record.destination.retransmits;
      retransmits != 0)
    line += " retransmits " + human_count(retransmits);
  if (record.part != 1) line += " part " + std::to_string(record.part);
  line += '\n';
  output_.append(line);
}

void LineSink::write(const flow::LossRecord& record) {
  std::string line;
  append_time(line, record.time_ns);
  line += " lost " + grouped_digits(record.count) + ' ' + record.unit + ": " + record.stage + '\n';
  output_.append(line);
}

}  // namespace weir::sink
