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
  /// The parts of --interval, from `begin_ns` to `end_ns` since 1970, were all written: sums of an interval
  /// end here.
  virtual void end_interval(int64_t begin_ns, int64_t end_ns) {
    static_cast<void>(begin_ns);
    static_cast<void>(end_ns);
  }
  /// The end of the run: writes what only the end decides (tables, aggregates), then flushes. Called once.
  virtual base::Result<> finish() = 0;
};

}  // namespace weir::sink
