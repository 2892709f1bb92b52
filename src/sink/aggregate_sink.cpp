// SPDX-License-Identifier: Apache-2.0
#include "sink/aggregate_sink.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "sink/field_json.h"
#include "sink/flow_columns.h"
#include "sink/human_text.h"
#include "sink/json_sink.h"

namespace weir::sink {
namespace {

using flow::Group;
using flow::GroupSums;

std::string unless_zero(uint64_t count) {
  return count == 0 ? "" : human_count(count);
}

void append_time(std::string_view key, int64_t unix_ns, std::string& to) {
  std::array<char, base::kRfc3339Bytes> text{};
  base::write_rfc3339(unix_ns, text.data());
  to.append(",\"").append(key).append("\":\"").append(text.data(), text.size()).append("\"");
}

void append_number(std::string_view key, uint64_t number, std::string& to) {
  to.append(",\"").append(key).append("\":").append(std::to_string(number));
}

void append_sums(const GroupSums& sums, std::string& to) {
  append_number("flows", sums.flows, to);
  append_number("records", sums.records, to);
  to += R"(,"source":{"packets":)" + std::to_string(sums.sent_packets) + R"(,"bytes":)" +
        std::to_string(sums.sent_bytes) + R"(},"destination":{"packets":)" +
        std::to_string(sums.received_packets) + R"(,"bytes":)" + std::to_string(sums.received_bytes) + '}';
  append_number("retransmits", sums.retransmits, to);
  append_number("refused", sums.refused, to);
  if (const auto average = sums.rtt_average_ns())
    to += R"(,"rtt":{"average_ns":)" + std::to_string(*average) + R"(,"max_ns":)" +
          std::to_string(sums.rtt_max_ns) + '}';
  append_time("start", sums.start_ns, to);
  append_time("end", sums.end_ns, to);
}

}  // namespace

std::vector<Column> group_titles(const std::vector<const flow::Field*>& by, flow::GroupOrder order) {
  std::vector<Column> titles;
  for (const flow::Field* field : by) {
    // The short word reads better where there is one.
    const bool dotted = field->name.find('.') != std::string_view::npos;
    std::string title(dotted && !field->alias.empty() ? field->alias : field->name);
    for (char& character : title)
      if (character >= 'a' && character <= 'z') character = static_cast<char>(character - 'a' + 'A');
    titles.push_back(
        {title, field->kind == flow::FieldKind::number || field->kind == flow::FieldKind::duration});
  }
  for (const char* title :
       {"FLOWS", "PKTS ->", "BYTES ->", "<- PKTS", "<- BYTES", "RATE", "RETR", "REFUSED", "RTT", "RTT MAX"})
    titles.push_back({title, true});
  if (order == flow::GroupOrder::start) titles.push_back({"START"});
  return titles;
}

std::vector<Cell> group_cells(const std::vector<const flow::Field*>& by, const Group& group,
                              flow::GroupOrder order) {
  std::vector<Cell> cells;
  for (size_t i = 0; i < by.size(); ++i) {
    if (group.other)
      cells.push_back({i == 0 ? std::string(flow::kOtherGroup) : "", Style::dim});
    else if (!group.values[i])
      cells.push_back({"-", Style::dim});
    else
      cells.push_back({printable(*group.values[i])});
  }
  const GroupSums& sums = group.sums;
  const auto average = sums.rtt_average_ns();
  cells.push_back({human_count(sums.flows)});
  cells.push_back({human_count(sums.sent_packets)});
  cells.push_back({human_bytes(sums.sent_bytes)});
  cells.push_back({human_count(sums.received_packets)});
  cells.push_back({human_bytes(sums.received_bytes)});
  cells.push_back({human_bytes(static_cast<uint64_t>(sums.rate())) + "/s"});
  cells.push_back({unless_zero(sums.retransmits), Style::warning});
  cells.push_back({unless_zero(sums.refused), Style::alarm});
  cells.push_back({average ? human_duration(*average) : ""});
  cells.push_back({average ? human_duration(sums.rtt_max_ns) : ""});
  if (order == flow::GroupOrder::start) cells.push_back({start_text(sums.start_ns)});
  return cells;
}

void AggregateSink::write(const flow::LossRecord& record) {
  if (form_.json) JsonSink(output_).write(record);  // a table leaves it to the summary
}

void AggregateSink::write_table(const std::vector<Group>& groups) {
  TextTable table(group_titles(aggregate_.by(), form_.order));
  size_t rows = 0;
  for (const Group& group : groups) {
    table.add_row(group_cells(aggregate_.by(), group, form_.order));
    if (!group.other) ++rows;
  }
  table.write_to(output_, form_.colour);
  if (aggregate_.groups() > rows)
    output_.append("and " + grouped_digits(aggregate_.groups() - rows) +
                   " more groups (--top N shows more rows)\n");
}

void AggregateSink::write_json(const std::vector<Group>& groups) {
  const FieldJson by(aggregate_.by());
  for (const Group& group : groups) {
    std::string line = R"({"type":"aggregate")";
    append_time("time", group.sums.end_ns, line);
    line += R"(,"by":{)";
    if (!group.other) by.append_members(group.values, line);
    line += group.other ? R"(},"other":true)" : "}";
    append_sums(group.sums, line);
    line += "}\n";
    output_.append(line);
  }
}

void AggregateSink::end_interval(int64_t begin_ns, int64_t end_ns) {
  // The order by rate within one interval is the order by bytes.
  std::vector<Group> groups = aggregate_.top(
      form_.order == flow::GroupOrder::rate ? flow::GroupOrder::bytes : form_.order, form_.rows);
  for (Group& group : groups) {
    group.sums.start_ns = begin_ns;
    group.sums.end_ns = end_ns;
  }
  if (form_.json) {
    write_json(groups);
  } else {
    std::array<char, base::kRfc3339Bytes> text{};
    base::write_rfc3339(end_ns, text.data());
    const auto length = static_cast<uint64_t>(std::max<int64_t>(end_ns - begin_ns, 0));
    output_.append(std::string(text.data(), 19) + "Z, the last " + human_duration(length) + ":\n");
    write_table(groups);
    output_.append("\n");
  }
  aggregate_ = flow::Aggregate(aggregate_.by());
  interval_begin_ns_ = end_ns;
}

base::Result<> AggregateSink::finish() {
  if (interval_begin_ns_ != 0) {
    int64_t end_ns = interval_begin_ns_;
    for (const Group& group : aggregate_.top(form_.order)) end_ns = std::max(end_ns, group.sums.end_ns);
    if (aggregate_.groups() != 0) end_interval(interval_begin_ns_, end_ns);
    return output_.flush();
  }
  const std::vector<Group> groups = aggregate_.top(form_.order, form_.rows);
  if (form_.json)
    write_json(groups);
  else
    write_table(groups);
  return output_.flush();
}

}  // namespace weir::sink
