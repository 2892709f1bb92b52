// SPDX-License-Identifier: Apache-2.0
// A table of the largest flows, written when the run ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sink/output_buffer.h"
#include "sink/record_sink.h"

namespace weir::sink {

struct FlowTableForm {
  bool wide = false;
  bool colour = false;
  std::string sort = "bytes";  // flow_sort_value
  size_t rows = 1000;          // the others are summed in a last line
};

class FlowTableSink : public RecordSink {
 public:
  FlowTableSink(OutputBuffer& output, FlowTableForm form) : output_(output), form_(std::move(form)) {}
  void write(const flow::FlowRecord& record) override;
  void write(const flow::LossRecord&) override {}  // the summary tells losses
  base::Result<> flush() override { return output_.flush(); }
  base::Result<> finish() override;

 private:
  struct Row {
    double value;
    uint64_t number;  // of arrival: equal values keep their order
    flow::FlowRecord record;
  };
  static bool before(const Row& a, const Row& b) {
    return a.value != b.value ? a.value > b.value : a.number < b.number;
  }

  OutputBuffer& output_;
  FlowTableForm form_;
  std::vector<Row> rows_;  // a heap whose front goes first when there are too many
  uint64_t written_ = 0;
  uint64_t hidden_flows_ = 0;
  uint64_t hidden_packets_ = 0;
  uint64_t hidden_bytes_ = 0;
};

}  // namespace weir::sink
