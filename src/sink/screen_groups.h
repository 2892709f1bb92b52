// SPDX-License-Identifier: Apache-2.0
// The rows of the screen's table of groups: what has ended and what lives, summed by some fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/aggregate.h"
#include "flow/rates.h"
#include "sink/screen_columns.h"

namespace weir::sink {

using GroupFields = std::vector<const flow::Field*>;

struct ScreenGroup {
  uint64_t id = 0;  // of its values
  flow::Group group;
  double sent_rate = 0;  // octets a second, by the sources
  double received_rate = 0;

  double rate() const { return sent_rate + received_rate; }
};

/// Several groupings are summed at once, one is shown: changing it loses nothing.
class ScreenGroups {
 public:
  static constexpr size_t kMaxGroups = 10'000;  // of each grouping; the others are summed in one row

  explicit ScreenGroups(const std::vector<GroupFields>& groupings);

  /// What a flow added since its last record; its last record ends it.
  void ended(const flow::FlowRecord& record);

  void begin_snapshot(size_t grouping, int64_t monotonic_ns);
  /// Totals of a flow that is still in the flow table.
  void add(const flow::FlowRecord& record) { now_->add(record); }
  void end_snapshot(flow::GroupOrder order, bool reversed);

  void sort(flow::GroupOrder order, bool reversed);
  const std::vector<ScreenGroup>& rows() const { return rows_; }
  const GroupFields& fields(size_t grouping) const { return ended_[grouping].by(); }
  size_t groupings() const { return ended_.size(); }
  /// Which grouping the rows are of; SIZE_MAX: there are none yet.
  size_t shown() const { return shown_; }

 private:
  std::vector<flow::Aggregate> ended_;
  std::optional<flow::Aggregate> now_;  // of the snapshot that is being taken
  std::vector<ScreenGroup> rows_;
  flow::Rates rates_;
  size_t gathered_ = SIZE_MAX;  // whose rates these are
  size_t shown_ = SIZE_MAX;
};

/// "process", "container,port": the short words of the fields.
std::string group_name(const GroupFields& by);
/// A value of a group, "-" where it is absent.
std::string group_value(const flow::Group& group, size_t field);
/// True where the flow belongs to the group with these values.
bool belongs_to(const flow::FlowRecord& record, const GroupFields& by,
                const std::vector<std::optional<std::string>>& values);

std::vector<ScreenColumn> group_screen_columns(const GroupFields& by, flow::GroupOrder order);
/// `now_ns` since 1970: a group's age is that of its first flow.
std::vector<Cell> group_screen_cells(const GroupFields& by, const ScreenGroup& row, int64_t now_ns);

}  // namespace weir::sink
