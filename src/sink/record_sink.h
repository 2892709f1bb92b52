// SPDX-License-Identifier: Apache-2.0
// The one interface of all ways out.
#pragma once

#include "base/result.h"
#include "flow/flow_record.h"

namespace weir::sink {

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void write(const flow::FlowRecord& record) = 0;
  virtual void write(const flow::LossRecord& record) = 0;
  /// Hands everything on to the reader. Fails with system_errno EPIPE where he has gone, ENOSPC, ...
  virtual base::Result<> flush() = 0;
  /// The end of the run: writes what only the end decides (tables, aggregates), then flushes. Called once.
  virtual base::Result<> finish() = 0;
};

}  // namespace weir::sink
