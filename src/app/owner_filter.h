// SPDX-License-Identifier: Apache-2.0
// --pid, --comm, --uid, --cgroup, --container: which flows and packets the user wants, by who owns an end.
#pragma once

#include "config/flows_options.h"
#include "config/packets_options.h"
#include "flow/flow_record.h"

namespace weir::app {

class OwnerFilter {
 public:
  explicit OwnerFilter(const config::FlowsOptions& options) : OwnerFilter(options, 0) {}
  explicit OwnerFilter(const config::PacketsOptions& options) : OwnerFilter(options, 0) {}

  bool empty() const;
  /// Some end is owned by whom every filter names, and no end by whom one excludes.
  bool wants(const flow::FlowRecord& record) const;
  /// The one owner of a packet (null: unknown, wanted where no filter names somebody).
  bool wants(const decode::Process* process) const;

 private:
  template <class Options>
  OwnerFilter(const Options& options, int)
      : pid_(&options.pid),
        comm_(&options.comm),
        uid_(&options.uid),
        cgroup_(&options.cgroup),
        container_(&options.container) {}
  template <class Test>
  bool every_filter(const decode::Process& process, const Test& test) const;

  const config::NameFilter* pid_;
  const config::NameFilter* comm_;
  const config::NameFilter* uid_;
  const config::NameFilter* cgroup_;
  const config::NameFilter* container_;
};

}  // namespace weir::app
