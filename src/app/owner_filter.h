// SPDX-License-Identifier: Apache-2.0
// --pid, --comm, --uid, --cgroup, --container: which flows and packets the user wants, by who owns an end.
#pragma once

#include "config/flows_options.h"
#include "flow/flow_record.h"

namespace weir::app {

class OwnerFilter {
 public:
  /// Refers to `names`.
  explicit OwnerFilter(const config::OwnerNames& names) : names_(&names) {}

  bool empty() const { return !names_->asks_owners(); }
  /// Some end is owned by whom every filter names, and no end by whom one excludes.
  bool wants(const flow::FlowRecord& record) const;
  /// The one owner of a packet (null: unknown, wanted where no filter names somebody).
  bool wants(const decode::Process* process) const;

 private:
  template <class Test>
  bool every_filter(const decode::Process& process, const Test& test) const;

  const config::OwnerNames* names_;
};

}  // namespace weir::app
