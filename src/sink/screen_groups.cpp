// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_groups.h"

#include <algorithm>
#include <functional>

#include "sink/aggregate_sink.h"
#include "sink/human_text.h"

namespace weir::sink {
namespace {

using flow::Group;
using flow::GroupOrder;

uint64_t group_id(const Group& group) {
  std::string key(group.other ? "o" : "g");
  for (const auto& value : group.values)
    key.append(1, value ? '\1' : '\2').append(value.value_or("")).append(1, '\0');
  return std::hash<std::string>{}(key);
}

/// The screen's rate is that since its last snapshot, not that of the group's life.
double sort_value(const ScreenGroup& row, GroupOrder order) {
  return order == GroupOrder::rate ? row.rate() : flow::measure(row.group.sums, order);
}

std::string rate_text(double bytes_a_second) {
  const auto rate = static_cast<uint64_t>(bytes_a_second + 0.5);
  return rate == 0 ? "" : human_count(rate);
}

std::string unless_zero(uint64_t count) {
  return count == 0 ? "" : human_count(count);
}

}  // namespace

ScreenGroups::ScreenGroups(const std::vector<GroupFields>& groupings) {
  for (const GroupFields& by : groupings) ended_.emplace_back(by, kMaxGroups);
}

void ScreenGroups::ended(const flow::FlowRecord& record) {
  for (flow::Aggregate& aggregate : ended_) aggregate.add(record);
}

void ScreenGroups::begin_snapshot(size_t grouping, int64_t monotonic_ns) {
  if (gathered_ != grouping) rates_ = {};
  gathered_ = grouping;
  rates_.begin_snapshot(monotonic_ns);
  now_.emplace(ended_[grouping]);
}

void ScreenGroups::end_snapshot(GroupOrder order, bool reversed) {
  shown_ = gathered_;
  rows_.clear();
  for (Group& group : now_->top(GroupOrder::bytes)) {
    ScreenGroup row;
    row.id = group_id(group);
    row.group = std::move(group);
    const flow::GroupSums& sums = row.group.sums;
    row.sent_rate = rates_.add(row.id, sums.sent_packets, sums.sent_bytes).bytes;
    row.received_rate = rates_.add(~row.id, sums.received_packets, sums.received_bytes).bytes;
    rows_.push_back(std::move(row));
  }
  now_.reset();
  sort(order, reversed);
}

void ScreenGroups::sort(GroupOrder order, bool reversed) {
  // What found no room for a group of its own comes last.
  std::stable_sort(rows_.begin(), rows_.end(), [&](const ScreenGroup& a, const ScreenGroup& b) {
    if (a.group.other != b.group.other) return b.group.other;
    const double a_value = sort_value(a, order);
    const double b_value = sort_value(b, order);
    if (a_value != b_value) return reversed ? a_value < b_value : a_value > b_value;
    if (a.group.sums.bytes() != b.group.sums.bytes()) return a.group.sums.bytes() > b.group.sums.bytes();
    return a.group.values < b.group.values;
  });
}

std::string group_name(const GroupFields& by) {
  std::string name;
  for (const flow::Field* field : by) {
    if (!name.empty()) name += ',';
    const bool dotted = field->name.find('.') != std::string_view::npos;
    name += dotted && !field->alias.empty() ? field->alias : field->name;
  }
  return name;
}

std::string group_value(const Group& group, size_t field) {
  if (group.other) return field == 0 ? std::string(flow::kOtherGroup) : "";
  return group.values[field] ? shown_text(*group.values[field]) : "-";
}

bool belongs_to(const flow::FlowRecord& record, const GroupFields& by,
                const std::vector<std::optional<std::string>>& values) {
  std::string text;
  for (size_t i = 0; i < by.size(); ++i) {
    text.clear();
    const bool present = flow::append_field(*by[i], record, text);
    if (present != values[i].has_value() || (present && text != *values[i])) return false;
  }
  return true;
}

std::vector<ScreenColumn> group_screen_columns(const GroupFields& by, GroupOrder order) {
  std::vector<ScreenColumn> columns;
  const std::vector<Column> titles = group_titles(by);
  for (size_t i = 0; i < by.size(); ++i) {
    const size_t least = std::clamp<size_t>(titles[i].title.size(), 9, 16);
    columns.push_back({titles[i], least, 64, i == 0 ? 1 : 3});
  }
  const auto rank = [order](GroupOrder sorted, int normal) { return order == sorted ? 0 : normal; };
  columns.insert(columns.end(), {{{"FLOWS", true}, 6, 6, rank(GroupOrder::flows, 6)},
                                 {{"B/S ->", true}, 6, 6, rank(GroupOrder::rate, 2)},
                                 {{"<- B/S", true}, 6, 6, rank(GroupOrder::rate, 2)},
                                 {{"PKTS ->", true}, 7, 7, rank(GroupOrder::packets, 9)},
                                 {{"<- PKTS", true}, 7, 7, rank(GroupOrder::packets, 9)},
                                 {{"BYTES ->", true}, 8, 8, rank(GroupOrder::bytes, 5)},
                                 {{"<- BYTES", true}, 8, 8, rank(GroupOrder::bytes, 5)},
                                 {{"RTT", true}, 7, 7, 10},
                                 {{"RTT MAX", true}, 7, 7, rank(GroupOrder::rtt, 7)},
                                 {{"RETR", true}, 5, 6, rank(GroupOrder::retransmits, 8)},
                                 {{"REFUSED", true}, 7, 7, 11},
                                 {{"AGE", true}, 7, 7, rank(GroupOrder::start, 12)}});
  return columns;
}

std::vector<Cell> group_screen_cells(const GroupFields& by, const ScreenGroup& row, int64_t now_ns) {
  const flow::GroupSums& sums = row.group.sums;
  const auto average = sums.rtt_average_ns();
  const auto age_ns = static_cast<uint64_t>(std::max<int64_t>(now_ns - std::min(now_ns, sums.start_ns), 0));
  std::vector<Cell> cells;
  for (size_t i = 0; i < by.size(); ++i) {
    const bool absent = row.group.other || !row.group.values[i];
    cells.push_back({group_value(row.group, i), absent ? Style::dim : Style::plain});
  }
  cells.insert(cells.end(), {{human_count(sums.flows)},
                             {rate_text(row.sent_rate)},
                             {rate_text(row.received_rate)},
                             {human_count(sums.sent_packets)},
                             {human_count(sums.received_packets)},
                             {human_bytes(sums.sent_bytes)},
                             {human_bytes(sums.received_bytes)},
                             {average ? human_duration(*average) : ""},
                             {average ? human_duration(sums.rtt_max_ns) : ""},
                             {unless_zero(sums.retransmits), Style::warning},
                             {unless_zero(sums.refused), Style::alarm},
                             {human_duration(age_ns)}});
  return cells;
}

}  // namespace weir::sink
