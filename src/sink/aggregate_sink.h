// SPDX-License-Identifier: Apache-2.0
// --by: the sums of flows over the values of some fields, written when the run ends or an interval does.
#pragma once

#include <cstddef>

#include "flow/aggregate.h"
#include "sink/output_buffer.h"
#include "sink/record_sink.h"
#include "sink/text_table.h"

namespace weir::sink {

struct AggregateForm {
  bool json = false;
  bool colour = false;
  flow::GroupOrder order = flow::GroupOrder::bytes;
  size_t rows = 1000;
};

class AggregateSink : public RecordSink {
 public:
  AggregateSink(OutputBuffer& output, std::vector<const flow::Field*> by, AggregateForm form)
      : output_(output), aggregate_(std::move(by)), form_(form) {}
  void write(const flow::FlowRecord& record) override { aggregate_.add(record); }
  void write(const flow::LossRecord& record) override;
  /// Writes the sums of the interval, and begins anew.
  void end_interval(int64_t begin_ns, int64_t end_ns) override;
  base::Result<> flush() override { return output_.flush(); }
  base::Result<> finish() override;

 private:
  void write_table(const std::vector<flow::Group>& groups);
  void write_json(const std::vector<flow::Group>& groups);

  OutputBuffer& output_;
  flow::Aggregate aggregate_;
  AggregateForm form_;
  int64_t interval_begin_ns_ = 0;  // 0: there are none
};

/// The cells of one group in a table, with its start where rows are ordered by it; `group_titles` are above
/// them. The screen takes the titles of `by`.
std::vector<Column> group_titles(const std::vector<const flow::Field*>& by,
                                 flow::GroupOrder order = flow::GroupOrder::bytes);
std::vector<Cell> group_cells(const std::vector<const flow::Field*>& by, const flow::Group& group,
                              flow::GroupOrder order);

}  // namespace weir::sink
