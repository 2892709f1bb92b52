// SPDX-License-Identifier: Apache-2.0
// Only chosen fields of each flow: tab-separated lines, or JSON lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sink/field_json.h"
#include "sink/output_buffer.h"
#include "sink/record_sink.h"

namespace weir::sink {

enum class FieldForm { lines, lines_with_header, json };

/// Lines: numbers exact, durations in nanoseconds, "-" for what is absent; a tab, newline or backslash in a
/// value is written as \t, \n, \\. A loss is a line "# lost …", in JSON the usual record.
class FieldSink : public RecordSink {
 public:
  FieldSink(OutputBuffer& output, std::vector<const flow::Field*> fields, FieldForm form);
  void write(const flow::FlowRecord& record) override;
  void write(const flow::LossRecord& record) override;
  base::Result<> flush() override { return output_.flush(); }
  base::Result<> finish() override { return output_.flush(); }

 private:
  OutputBuffer& output_;
  std::vector<const flow::Field*> fields_;
  FieldForm form_;
  FieldJson json_;
  std::vector<std::optional<std::string>> values_;  // used again for every record
};

}  // namespace weir::sink
