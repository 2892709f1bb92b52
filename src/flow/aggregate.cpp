// SPDX-License-Identifier: Apache-2.0
#include "flow/aggregate.h"

#include <algorithm>
#include <utility>

namespace weir::flow {
namespace {

// In a key each value stands behind one of these, so that "" and absent differ and values cannot run
// together.
constexpr char kPresent = '\x01';
constexpr char kAbsent = '\x02';

}  // namespace

double measure(const GroupSums& sums, GroupOrder order) {
  switch (order) {
    case GroupOrder::bytes:
      return static_cast<double>(sums.bytes());
    case GroupOrder::packets:
      return static_cast<double>(sums.packets());
    case GroupOrder::flows:
      return static_cast<double>(sums.flows);
    case GroupOrder::retransmits:
      return static_cast<double>(sums.retransmits);
    case GroupOrder::rtt:
      return static_cast<double>(sums.rtt_max_ns);
    case GroupOrder::rate:
      return sums.rate();
    case GroupOrder::start:
      return static_cast<double>(sums.start_ns);
  }
  return 0;
}

std::optional<uint64_t> GroupSums::rtt_average_ns() const {
  return rtt_records == 0 ? std::nullopt : std::optional(rtt_sum_ns / rtt_records);
}

double GroupSums::rate() const {
  constexpr double kSecondNs = 1e9;
  const double span_ns = end_ns > start_ns ? static_cast<double>(end_ns - start_ns) : kSecondNs;
  return static_cast<double>(bytes()) / span_ns * kSecondNs;
}

void GroupSums::add(const FlowRecord& record) {
  if (record.part == 1) ++flows;
  ++records;
  sent_packets += record.source.packets;
  sent_bytes += record.source.bytes;
  received_packets += record.destination.packets;
  received_bytes += record.destination.bytes;
  retransmits += record.source.retransmits + record.destination.retransmits;
  if (record.state == FlowState::rejected || record.state == FlowState::reset) ++refused;
  if (const auto rtt = round_trip_ns(record)) {
    ++rtt_records;
    rtt_sum_ns += *rtt;
    rtt_max_ns = std::max(rtt_max_ns, *rtt);
  }
  start_ns = std::min(start_ns, record.start_ns);
  end_ns = std::max(end_ns, record.end_ns);
}

std::optional<GroupOrder> group_order(std::string_view word) {
  constexpr std::pair<std::string_view, GroupOrder> kOrders[] = {
      {"bytes", GroupOrder::bytes}, {"packets", GroupOrder::packets},
      {"flows", GroupOrder::flows}, {"retransmits", GroupOrder::retransmits},
      {"rtt", GroupOrder::rtt},     {"rate", GroupOrder::rate},
      {"start", GroupOrder::start}};
  for (const auto& [name, order] : kOrders)
    if (name == word) return order;
  return std::nullopt;
}

Aggregate::Aggregate(std::vector<const Field*> by, size_t max_groups)
    : by_(std::move(by)), max_groups_(max_groups) {}

void Aggregate::write_key(const FlowRecord& record) {
  key_.clear();
  for (const Field* field : by_) {
    const size_t mark = key_.size();
    key_ += kPresent;
    if (!append_field(*field, record, key_)) key_[mark] = kAbsent;
    key_ += '\0';
  }
}

void Aggregate::add(const FlowRecord& record) {
  write_key(record);
  const auto found = groups_.find(key_);
  if (found != groups_.end())
    found->second.add(record);
  else if (groups_.size() < max_groups_)
    groups_[key_].add(record);
  else
    other_.add(record);
}

Group Aggregate::make_group(const std::string& key, const GroupSums& sums) const {
  Group group;
  group.sums = sums;
  size_t at = 0;
  while (at < key.size()) {
    const size_t end = key.find('\0', at);
    if (key[at] == kPresent)
      group.values.emplace_back(key.substr(at + 1, end - at - 1));
    else
      group.values.emplace_back(std::nullopt);
    at = end + 1;
  }
  return group;
}

std::vector<Group> Aggregate::top(GroupOrder order, size_t rows) const {
  using Entry = std::pair<const std::string, GroupSums>;
  std::vector<const Entry*> sorted;
  sorted.reserve(groups_.size());
  for (const Entry& entry : groups_) sorted.push_back(&entry);
  const size_t taken = std::min(rows, sorted.size());
  std::partial_sort(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(taken), sorted.end(),
                    [order](const Entry* left, const Entry* right) {
                      const double a = measure(left->second, order);
                      const double b = measure(right->second, order);
                      return a != b ? a > b : left->first < right->first;
                    });
  std::vector<Group> groups;
  for (size_t i = 0; i < taken; ++i) groups.push_back(make_group(sorted[i]->first, sorted[i]->second));
  if (other_.records != 0) {
    Group other;
    other.values.resize(by_.size());
    other.other = true;
    other.sums = other_;
    groups.push_back(std::move(other));
  }
  return groups;
}

}  // namespace weir::flow
