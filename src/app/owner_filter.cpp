// SPDX-License-Identifier: Apache-2.0
#include "app/owner_filter.h"

#include <algorithm>
#include <string>

namespace weir::app {
namespace {

bool names_any(const std::vector<std::string>& names, const auto& is_name) {
  return std::any_of(names.begin(), names.end(), is_name);
}

bool included(const config::NameFilter& filter, const auto& is_name) {
  return filter.names.empty() || names_any(filter.names, is_name);
}

bool not_excluded(const config::NameFilter& filter, const auto& is_name) {
  return !names_any(filter.excluded, is_name);
}

}  // namespace

/// Calls `test(filter, is_name)` for each filter with a predicate that tells whether a word names `process`.
template <class Test>
bool OwnerFilter::every_filter(const decode::Process& process, const Test& test) const {
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
  return test(names_->pid, is_pid) && test(names_->uid, is_uid) && test(names_->comm, is_comm) &&
         test(names_->cgroup, is_cgroup) && test(names_->container, is_container);
}

bool OwnerFilter::wants(const decode::Process* process) const {
  if (empty()) return true;
  static const decode::Process kNobody;
  const decode::Process& owner = process != nullptr ? *process : kNobody;
  return every_filter(owner, [](const auto& filter, const auto& is_name) {
    return included(filter, is_name) && not_excluded(filter, is_name);
  });
}

bool OwnerFilter::wants(const flow::FlowRecord& record) const {
  if (empty()) return true;
  const auto names = [](const auto& filter, const auto& is_name) { return included(filter, is_name); };
  const auto excludes_not = [](const auto& filter, const auto& is_name) {
    return not_excluded(filter, is_name);
  };
  bool wanted = false;
  const decode::Process nobody;
  for (const flow::FlowEnd* end : {&record.source, &record.destination}) {
    if (end->process && !every_filter(*end->process, excludes_not)) return false;
    wanted |= every_filter(end->process ? *end->process : nobody, names);
  }
  return wanted;
}

}  // namespace weir::app
