// SPDX-License-Identifier: Apache-2.0
// --by: sums of flow records over the values of some fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/field.h"

namespace weir::flow {

/// The sums of one group. "Sent" is by the sources, "received" by the destinations.
struct GroupSums {
  uint64_t flows = 0;  // begun: records of part 1
  uint64_t records = 0;
  uint64_t sent_packets = 0;
  uint64_t sent_bytes = 0;
  uint64_t received_packets = 0;
  uint64_t received_bytes = 0;
  uint64_t retransmits = 0;
  uint64_t refused = 0;      // flows that ended rejected or reset
  uint64_t rtt_records = 0;  // records that knew a round trip
  uint64_t rtt_sum_ns = 0;
  uint64_t rtt_max_ns = 0;
  int64_t start_ns = INT64_MAX;  // of the first flow
  int64_t end_ns = INT64_MIN;    // of the last record

  uint64_t packets() const { return sent_packets + received_packets; }
  uint64_t bytes() const { return sent_bytes + received_bytes; }
  std::optional<uint64_t> rtt_average_ns() const;
  /// Octets a second between start and end; a group of one moment counts as one second.
  double rate() const;
  void add(const FlowRecord& record);
};

struct Group {
  std::vector<std::optional<std::string>> values;  // one for each field of --by; empty: absent
  bool other = false;  // what found the table of groups full; values are all empty
  GroupSums sums;
};

enum class GroupOrder { bytes, packets, flows, retransmits, rtt, rate, start };
/// From --sort's word; empty: no such order.
std::optional<GroupOrder> group_order(std::string_view word);

/// What `order` compares.
double measure(const GroupSums& sums, GroupOrder order);

inline constexpr std::string_view kOtherGroup = "(other)";

/// Bounded: when there are max_groups, records of further groups are summed up in the group `other`.
class Aggregate {
 public:
  static constexpr size_t kMaxGroups = 100'000;

  explicit Aggregate(std::vector<const Field*> by, size_t max_groups = kMaxGroups);

  void add(const FlowRecord& record);
  /// At most `rows` groups, the largest first (`start`: the latest); equal ones in the order of their values.
  /// The group `other`, where there is one, comes last and besides.
  std::vector<Group> top(GroupOrder order, size_t rows = SIZE_MAX) const;
  const std::vector<const Field*>& by() const { return by_; }
  size_t groups() const { return groups_.size(); }
  /// Records that found no room for a group of their own.
  uint64_t overflowed() const { return other_.records; }

 private:
  void write_key(const FlowRecord& record);
  Group make_group(const std::string& key, const GroupSums& sums) const;

  std::vector<const Field*> by_;
  size_t max_groups_;
  std::unordered_map<std::string, GroupSums> groups_;
  GroupSums other_;
  std::string key_;  // of the record at hand
};

}  // namespace weir::flow
