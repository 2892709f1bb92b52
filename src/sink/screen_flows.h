// SPDX-License-Identifier: Apache-2.0
// The rows of the screen's table of flows: snapshots of totals in, rates and an order out.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/aggregate.h"
#include "flow/flow_record.h"
#include "flow/rates.h"
#include "sink/screen_columns.h"

namespace weir::sink {

struct ScreenFlow {
  uint64_t id = 0;  // of its addresses and ports
  flow::FlowRecord record;
  double sent_rate = 0;  // octets a second, by the source
  double received_rate = 0;
  bool over = false;

  double rate() const { return sent_rate + received_rate; }
};

/// True for a flow whose state says that no packet will come.
bool is_over(const flow::FlowRecord& record);

/// What the user can search: addresses, owners, protocol, state, containers, interfaces; in small letters.
std::string search_text(const flow::FlowRecord& record);

class ScreenFlows {
 public:
  static constexpr size_t kMaxRows = 4000;
  static constexpr size_t kMaxEnded = 1000;
  static constexpr int64_t kEndedShownNs = 5'000'000'000;

  using Wanted = std::function<bool(const flow::FlowRecord&)>;

  /// Ended flows stay for a while after they left the flow table.
  void ended(const flow::FlowRecord& record, int64_t monotonic_ns);

  void begin_snapshot(int64_t monotonic_ns);
  /// Totals of one flow since its start. Beyond kMaxRows the first by `order` stay, those that `wanted` names
  /// before others.
  void add(const flow::FlowRecord& record, flow::GroupOrder order, bool reversed, const Wanted& wanted);
  void end_snapshot(flow::GroupOrder order, bool reversed);

  /// Orders anew what is there.
  void sort(flow::GroupOrder order, bool reversed);
  const std::vector<ScreenFlow>& rows() const { return rows_; }
  /// Flows of the last snapshot that are still alive, also those that have no row.
  uint64_t alive() const { return alive_; }
  /// Flows without a row of their own because there are more than kMaxRows.
  uint64_t hidden() const { return hidden_; }

 private:
  struct Ended {
    flow::FlowRecord record;
    int64_t monotonic_ns;
  };
  struct Ranked {
    double value;
    bool wanted;
    ScreenFlow flow;
  };
  static bool before(const Ranked& a, const Ranked& b);

  flow::Rates rates_;
  std::deque<Ended> ended_;
  std::vector<Ranked> ranked_;  // of the snapshot that is being taken; a heap when it is full
  std::vector<ScreenFlow> rows_;
  int64_t now_ns_ = 0;
  uint64_t gathered_ = 0;  // of the snapshot that is being taken
  uint64_t gathered_alive_ = 0;
  uint64_t alive_ = 0;
  uint64_t hidden_ = 0;
};

/// The columns of the table of flows; the one that `order` sorts by is never left out.
std::vector<ScreenColumn> flow_screen_columns(flow::GroupOrder order);
/// `now_ns` since 1970: a living flow's age goes up to it.
std::vector<Cell> flow_screen_cells(const ScreenFlow& row, int64_t now_ns);

}  // namespace weir::sink
