// SPDX-License-Identifier: Apache-2.0
// Where a live run listens: the hook that was asked for or the best that this kernel gives, attached.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/flows_options.h"
#include "kernel/cgroup_mount.h"
#include "kernel/flows_object.h"

namespace weir::app {

class LiveHooks {
 public:
  /// Loads and attaches everything. An error says what is missing and what to do.
  static base::Result<LiveHooks> attach(const config::FlowsOptions& options);

  kernel::FlowsObject& object() { return object_; }
  const kernel::FlowsObject& object() const { return object_; }
  int cgroup_root() const { return cgroup_ ? cgroup_->root.get() : -1; }

  /// "cgroup_skb at /sys/fs/cgroup", "tcx on eth0, veth1", ... and what it does not see.
  std::string description() const;
  const std::vector<std::string>& notes() const { return notes_; }
  bool at_interfaces() const { return hook_ != config::Hook::cgroup; }

  /// With `-i any`: attaches to interfaces that appeared since. How many.
  size_t attach_new_interfaces();
  /// As it was called when it was attached; "if<N>" where it never was.
  std::string interface_name(uint32_t ifindex) const;

 private:
  static base::Result<LiveHooks> attach_at(const config::FlowsOptions& options);
  LiveHooks(kernel::FlowsObject object, config::Hook hook) : object_(std::move(object)), hook_(hook) {}
  base::Result<> attach_interface(const std::string& name, uint32_t ifindex);

  kernel::FlowsObject object_;
  std::optional<kernel::CgroupMount> cgroup_;
  config::Hook hook_;
  bool any_ = false;
  std::map<uint32_t, std::string> interfaces_;
  std::vector<std::string> notes_;
};

}  // namespace weir::app
