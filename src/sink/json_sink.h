// SPDX-License-Identifier: Apache-2.0
// JSON lines: one object a record, exact numbers; the schema is docs/json.md.
#pragma once

#include "sink/output_buffer.h"
#include "sink/record_sink.h"

namespace weir::sink {

class JsonSink : public RecordSink {
 public:
  explicit JsonSink(OutputBuffer& output) : output_(output) {}
  void write(const flow::FlowRecord& record) override;
  void write(const flow::LossRecord& record) override;
  base::Result<> flush() override { return output_.flush(); }
  base::Result<> finish() override { return output_.flush(); }

 private:
  OutputBuffer& output_;
};

}  // namespace weir::sink
