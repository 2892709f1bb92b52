// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_flows.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "flow/field.h"
#include "flow/flow_text.h"
#include "sink/flow_columns.h"
#include "sink/human_text.h"
#include "sink/screen_filter.h"

namespace weir::sink {
namespace {

using flow::FlowEnd;
using flow::FlowRecord;
using flow::GroupOrder;

/// Names the packets of one way: the same whichever end turns out to be the source.
uint64_t way_id(const FlowRecord& record, const FlowEnd& from, const FlowEnd& to) {
  std::array<char, 48> bytes{};
  char* at = bytes.data();
  const auto put = [&at](const void* data, size_t size) {
    std::memcpy(at, data, size);
    at += size;
  };
  const uint16_t icmp_id = record.icmp_id.value_or(0);
  const uint32_t netns = record.netns.value_or(0);
  put(from.address.bytes.data(), 16);
  put(to.address.bytes.data(), 16);
  put(&from.port, 2);
  put(&to.port, 2);
  put(&from.address.version, 1);
  put(&record.protocol, 1);
  put(&icmp_id, 2);
  put(&netns, 4);
  return std::hash<std::string_view>{}({bytes.data(), bytes.size()});
}

double sort_value(const ScreenFlow& row, GroupOrder order) {
  switch (order) {
    case GroupOrder::rate:
      return row.rate();
    case GroupOrder::packets:
      return flow_sort_value(row.record, "packets");
    case GroupOrder::rtt:
      return flow_sort_value(row.record, "rtt");
    case GroupOrder::retransmits:
      return flow_sort_value(row.record, "retransmits");
    case GroupOrder::start:
      return flow_sort_value(row.record, "start");
    case GroupOrder::bytes:
    case GroupOrder::flows:
      break;
  }
  return flow_sort_value(row.record, "bytes");
}

/// Where values are equal the larger flow comes first, then the younger one.
bool earlier(const ScreenFlow& a, double a_value, const ScreenFlow& b, double b_value) {
  if (a_value != b_value) return a_value > b_value;
  const uint64_t a_bytes = a.record.source.bytes + a.record.destination.bytes;
  const uint64_t b_bytes = b.record.source.bytes + b.record.destination.bytes;
  if (a_bytes != b_bytes) return a_bytes > b_bytes;
  return a.record.start_ns != b.record.start_ns ? a.record.start_ns > b.record.start_ns : a.id < b.id;
}

std::string rate_text(double bytes_a_second) {
  const auto rate = static_cast<uint64_t>(bytes_a_second + 0.5);
  return rate == 0 ? "" : human_count(rate);
}

std::string age_text(const ScreenFlow& row, int64_t now_ns) {
  const int64_t until = row.over ? row.record.end_ns : now_ns;
  return human_duration(until > row.record.start_ns ? static_cast<uint64_t>(until - row.record.start_ns) : 0);
}

}  // namespace

bool is_over(const FlowRecord& record) {
  switch (record.state) {
    case flow::FlowState::open:
    case flow::FlowState::fresh:
    case flow::FlowState::established:
      return false;
    case flow::FlowState::closed:
    case flow::FlowState::reset:
    case flow::FlowState::rejected:
    case flow::FlowState::timeout:
    case flow::FlowState::evicted:
      return true;
  }
  return true;
}

std::string search_text(const FlowRecord& record) {
  std::string text = protocol_text(record.protocol) + ' ' + flow::to_string(record.state);
  for (const FlowEnd* end : {&record.source, &record.destination}) {
    text += ' ' + endpoint_text(*end, record.has_ports) + ' ' + owner_text(*end);
    if (end->process) text += ' ' + end->process->container_id + ' ' + end->process->cgroup_path;
  }
  for (const std::string& name : record.interfaces) text += ' ' + name;
  return small_letters(std::move(text));
}

bool ScreenFlows::before(const Ranked& a, const Ranked& b) {
  return a.wanted != b.wanted ? a.wanted : earlier(a.flow, a.value, b.flow, b.value);
}

void ScreenFlows::ended(const FlowRecord& record, int64_t monotonic_ns) {
  if (!is_over(record)) return;
  ended_.push_back({record, monotonic_ns});
  if (ended_.size() > kMaxEnded) ended_.pop_front();
}

void ScreenFlows::begin_snapshot(int64_t monotonic_ns) {
  now_ns_ = monotonic_ns;
  rates_.begin_snapshot(monotonic_ns);
  ranked_.clear();
  gathered_ = 0;
  gathered_alive_ = 0;
}

void ScreenFlows::add(const FlowRecord& record, GroupOrder order, bool reversed, const Wanted& wanted) {
  ScreenFlow row;
  row.id = way_id(record, record.source, record.destination);
  const uint64_t back = way_id(record, record.destination, record.source);
  row.sent_rate = rates_.add(row.id, record.source.packets, record.source.bytes).bytes;
  row.received_rate = rates_.add(back, record.destination.packets, record.destination.bytes).bytes;
  row.over = is_over(record);
  gathered_++;
  if (!row.over) gathered_alive_++;
  row.record = record;
  const double value = sort_value(row, order);
  Ranked ranked{reversed ? -value : value, wanted(record), std::move(row)};
  if (ranked_.size() < kMaxRows) {
    ranked_.push_back(std::move(ranked));
    if (ranked_.size() == kMaxRows) std::make_heap(ranked_.begin(), ranked_.end(), before);
    return;
  }
  if (!before(ranked, ranked_.front())) return;
  std::pop_heap(ranked_.begin(), ranked_.end(), before);
  ranked_.back() = std::move(ranked);
  std::push_heap(ranked_.begin(), ranked_.end(), before);
}

void ScreenFlows::end_snapshot(GroupOrder order, bool reversed) {
  alive_ = gathered_alive_;
  hidden_ = gathered_ - ranked_.size();
  rows_.clear();
  for (Ranked& ranked : ranked_) rows_.push_back(std::move(ranked.flow));
  ranked_.clear();
  while (!ended_.empty() && now_ns_ - ended_.front().monotonic_ns > kEndedShownNs) ended_.pop_front();
  for (const Ended& ended : ended_) {
    const FlowRecord& record = ended.record;
    rows_.push_back({way_id(record, record.source, record.destination), record, 0, 0, true});
  }
  sort(order, reversed);
}

void ScreenFlows::sort(GroupOrder order, bool reversed) {
  std::stable_sort(rows_.begin(), rows_.end(), [&](const ScreenFlow& a, const ScreenFlow& b) {
    const double sign = reversed ? -1 : 1;
    return earlier(a, sign * sort_value(a, order), b, sign * sort_value(b, order));
  });
}

std::vector<ScreenColumn> flow_screen_columns(GroupOrder order) {
  std::vector<ScreenColumn> columns = {
      {{"OWNER"}, 8, 24, 2},         {{"SOURCE"}, 14, 47, 5},       {{"DESTINATION"}, 14, 47, 1},
      {{"OWNER"}, 8, 24, 6},         {{"PROTO"}, 5, 9, 9},          {{"STATE"}, 6, 12, 8},
      {{"B/S ->", true}, 6, 6, 3},   {{"<- B/S", true}, 6, 6, 4},   {{"PKTS", true}, 6, 6, 12},
      {{"BYTES ->", true}, 8, 8, 7}, {{"<- BYTES", true}, 8, 8, 7}, {{"RTT", true}, 7, 7, 10},
      {{"RETR", true}, 5, 6, 11},    {{"AGE", true}, 7, 7, 13},
  };
  const auto keep = [&](std::string_view title) {
    for (ScreenColumn& column : columns)
      if (column.column.title == title) column.rank = 0;
  };
  if (order == GroupOrder::packets) keep("PKTS");
  if (order == GroupOrder::bytes || order == GroupOrder::flows) keep("BYTES ->"), keep("<- BYTES");
  if (order == GroupOrder::rtt) keep("RTT");
  if (order == GroupOrder::retransmits) keep("RETR");
  if (order == GroupOrder::start) keep("AGE");
  if (order == GroupOrder::rate) keep("B/S ->"), keep("<- B/S");
  return columns;
}

std::vector<Cell> flow_screen_cells(const ScreenFlow& row, int64_t now_ns) {
  const FlowRecord& record = row.record;
  const uint64_t retransmits = record.source.retransmits + record.destination.retransmits;
  std::string state = flow::to_string(record.state);
  if (record.partial) state += '~';
  std::vector<Cell> cells = {
      {owner_text(record.source)},
      {endpoint_text(record.source, record.has_ports)},
      {endpoint_text(record.destination, record.has_ports)},
      {owner_text(record.destination)},
      {protocol_text(record.protocol)},
      {std::move(state), state_style(record.state)},
      {rate_text(row.sent_rate)},
      {rate_text(row.received_rate)},
      {human_count(record.source.packets + record.destination.packets)},
      {human_bytes(record.source.bytes)},
      {human_bytes(record.destination.bytes)},
      {round_trip_text(record)},
      {retransmits == 0 ? "" : human_count(retransmits), Style::warning},
      {age_text(row, now_ns)},
  };
  if (row.over)
    for (Cell& cell : cells)
      if (cell.style == Style::plain) cell.style = Style::dim;
  return cells;
}

}  // namespace weir::sink
