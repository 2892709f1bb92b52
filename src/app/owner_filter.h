// SPDX-License-Identifier: Apache-2.0
// --pid, --comm, --uid, --cgroup, --container: which flows the user wants, by who owns an end.
#pragma once

#include "config/flows_options.h"
#include "flow/flow_record.h"

namespace weir::app {

class OwnerFilter {
 public:
  explicit OwnerFilter(const config::FlowsOptions& options) : options_(&options) {}

  bool empty() const;
  /// Some end is owned by whom every filter names, and no end by whom one excludes.
  bool wants(const flow::FlowRecord& record) const;

 private:
  const config::FlowsOptions* options_;
};

}  // namespace weir::app
