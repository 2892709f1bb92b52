// SPDX-License-Identifier: Apache-2.0
#include "app/owner_filter.h"

#include <algorithm>
#include <string>

namespace weir::app {
namespace {

bool names_any(const std::vector<std::string>& names, const auto& is_name) {
  return std::any_of(names.begin(), names.end(), is_name);
}

/// Calls `test(filter, is_name)` for each filter with a predicate that tells whether a word names `process`.
template <class Test>
bool every_filter(const config::FlowsOptions& options, const decode::Process& process, const Test& test) {
  const auto is_pid = [&](const std::string& word) { return word == std::to_string(process.pid); };
  const auto is_uid = [&](const std::string& word) { return word == std::to_string(process.uid); };
  const auto is_comm = [&](const std::string& word) {
    return word == process.comm || word == process.executable;
  };
  // A cgroup names all below it.
  const auto is_cgroup = [&](const std::string& word) {
    const std::string path = word.starts_with('/') ? word : "/" + word;
    return process.cgroup_path == path || (process.cgroup_path.starts_with(path) &&
                                           (path.back() == '/' || process.cgroup_path[path.size()] == '/'));
  };
  const auto is_container = [&](const std::string& word) {
    return !process.container_id.empty() && process.container_id.starts_with(word);
  };
  return test(options.pid, is_pid) && test(options.uid, is_uid) && test(options.comm, is_comm) &&
         test(options.cgroup, is_cgroup) && test(options.container, is_container);
}

}  // namespace

bool OwnerFilter::empty() const {
  return options_->pid.empty() && options_->comm.empty() && options_->uid.empty() &&
         options_->cgroup.empty() && options_->container.empty();
}

bool OwnerFilter::wants(const flow::FlowRecord& record) const {
  if (empty()) return true;
  const auto included = [](const config::NameFilter& filter, const auto& is_name) {
    return filter.names.empty() || names_any(filter.names, is_name);
  };
  const auto not_excluded = [](const config::NameFilter& filter, const auto& is_name) {
    return !names_any(filter.excluded, is_name);
  };
  bool wanted = false;
  const decode::Process nobody;
  for (const flow::FlowEnd* end : {&record.source, &record.destination}) {
    if (end->process && !every_filter(*options_, *end->process, not_excluded)) return false;
    wanted |= every_filter(*options_, end->process ? *end->process : nobody, included);
  }
  return wanted;
}

}  // namespace weir::app
