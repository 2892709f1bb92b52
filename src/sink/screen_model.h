// SPDX-License-Identifier: Apache-2.0
// The screen of `weir flows` and `weir top` without a terminal: snapshots and keys in, lines out. Knows
// neither ncurses nor the kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sink/screen_filter.h"
#include "sink/screen_flows.h"
#include "sink/screen_frame.h"
#include "sink/screen_groups.h"
#include "sink/screen_key.h"

namespace weir::sink {

struct ScreenOptions {
  bool top = false;           // begins with groups
  GroupFields by;             // of --by; empty: by process first
  std::string sort = "rate";  // --sort's word
  size_t rows = SIZE_MAX;     // --top N
};

class ScreenModel {
 public:
  explicit ScreenModel(const ScreenOptions& options);

  /// A record of the run, whenever there is one: what its flow added since the one before.
  void take(const flow::FlowRecord& record, int64_t monotonic_ns);

  /// False while the picture stands still.
  bool wants_snapshot() const { return !paused_; }
  /// A snapshot may be taken by another thread than the one that presses keys and asks for lines: that one
  /// calls `take` and `add` without a lock, all else with one that both have.
  /// Clocks in nanoseconds: one that does not go back, and since 1970.
  void begin_snapshot(int64_t monotonic_ns, int64_t wall_ns);
  /// Totals of a flow that is in the flow table.
  void add(const flow::FlowRecord& record);
  void end_snapshot();
  void set_facts(ScreenFacts facts) { facts_ = std::move(facts); }

  ScreenWish press(const ScreenKey& key);

  /// Exactly `height` lines, none wider than `width`.
  std::vector<ScreenLine> lines(size_t width, size_t height);

 private:
  enum class View { table, details, help };

  /// Which rows the user asks for.
  struct Choice {
    flow::GroupOrder order = flow::GroupOrder::rate;
    bool reversed = false;
    ScreenFilter filter;
    std::optional<size_t> grouping;                  // of groups_; empty: flows are shown
    std::optional<size_t> chosen;                    // flows of one group of this grouping only
    std::vector<std::optional<std::string>> values;  // of that group
  };
  bool wants(const Choice& choice, const flow::FlowRecord& record) const;
  bool in_groups() const { return choice_.grouping.has_value(); }
  ScreenWish press_in_text(const ScreenKey& key);
  ScreenWish press_in_table(const ScreenKey& key);
  ScreenWish press_letter(char32_t letter);
  ScreenWish press_enter();
  ScreenWish press_escape();
  ScreenWish next_grouping();
  void order_by(flow::GroupOrder order);
  void move(ptrdiff_t rows);
  void select(size_t row);
  void choose_rows();
  uint64_t id_at(size_t row) const;

  ScreenLine status_line(size_t width) const;
  ScreenLine last_line(size_t width) const;
  std::vector<ScreenLine> table_lines(size_t width, size_t height);
  std::vector<ScreenLine> text_lines(const std::vector<ScreenLine>& text, size_t width, size_t height);
  std::vector<ScreenLine> details() const;

  ScreenOptions options_;
  ScreenFlows flows_;
  ScreenGroups groups_;
  ScreenFacts facts_;
  ScreenTotals ended_;     // what records told
  ScreenTotals gathered_;  // with what lives, in the snapshot that is being taken
  ScreenTotals totals_;    // in the last one
  Choice asked_;           // when that snapshot began
  flow::Rates total_rate_;
  int64_t gathered_wall_ns_ = 0;
  int64_t wall_ns_ = 0;

  View view_ = View::table;
  bool paused_ = false;
  Choice choice_;
  std::vector<size_t> shown_;  // indices of rows that match, in order
  std::optional<uint64_t> selected_;
  size_t first_ = 0;            // row at the table's top
  size_t text_first_ = 0;       // line at the top of details or help
  size_t page_ = 10;            // rows that the table had last
  std::vector<size_t> widest_;  // cell of each column so far, so that columns stand still
  size_t widest_for_ = 0;       // the width that `widest_` was gathered at
};

}  // namespace weir::sink
