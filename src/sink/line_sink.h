// SPDX-License-Identifier: Apache-2.0
// One readable line a flow, for a pipe.
#pragma once

#include "sink/output_buffer.h"
#include "sink/record_sink.h"

namespace weir::sink {

/// START DURATION PROTO SOURCE [(OWNER)] -> DESTINATION [(OWNER)] PACKETS BYTES <- PACKETS BYTES STATE
/// [words]
class LineSink : public RecordSink {
 public:
  LineSink(OutputBuffer& output, bool colour) : output_(output), colour_(colour) {}
  void write(const flow::FlowRecord& record) override;
  void write(const flow::LossRecord& record) override;
  base::Result<> flush() override { return output_.flush(); }
  base::Result<> finish() override { return output_.flush(); }

 private:
  OutputBuffer& output_;
  bool colour_;
};

}  // namespace weir::sink
