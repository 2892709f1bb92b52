// SPDX-License-Identifier: Apache-2.0
// Where a live run listens: the hook that was asked for or the best that this kernel gives, attached.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/hook_filter.h"
#include "base/result.h"
#include "config/flows_options.h"
#include "kernel/cgroup_mount.h"
#include "kernel/flows_object.h"
#include "kernel/interface.h"

namespace weir::app {

/// The hook that the options mean where they leave it open.
config::Hook chosen_hook(const config::FlowsOptions& options);

class LiveHooks {
 public:
  /// Loads and attaches everything. `cgroup` is the root, or why there is none; `owners_fd` the map of the
  /// sockets' owners (SocketLister); `filter` is compiled for the hooks. An error says what is missing and
  /// what to do.
  static base::Result<LiveHooks> attach(const config::FlowsOptions& options,
                                        base::Result<kernel::CgroupMount> cgroup, int owners_fd,
                                        HookFilter& filter);

  kernel::FlowsObject& object() { return object_; }
  const kernel::FlowsObject& object() const { return object_; }

  /// "cgroup_skb at /sys/fs/cgroup", "tcx on eth0, veth1", ... and what it does not see.
  std::string description() const;
  const std::vector<std::string>& notes() const { return notes_; }
  bool at_interfaces() const { return hook_ != config::Hook::cgroup; }

  /// With `-i any`: attaches to interfaces that appeared since.
  void attach_new_interfaces();
  /// As it was called when it was attached; "if<N>" where it never was.
  std::string interface_name(uint32_t ifindex) const;

 private:
  static base::Result<LiveHooks> attach_at(const config::FlowsOptions& options,
                                           const base::Result<kernel::CgroupMount>& cgroup, int owners_fd,
                                           HookFilter& filter);
  LiveHooks(kernel::FlowsObject object, config::Hook hook) : object_(std::move(object)), hook_(hook) {}
  base::Result<> attach_interface(const kernel::Interface& interface);

  kernel::FlowsObject object_;
  std::optional<kernel::CgroupMount> cgroup_;
  config::Hook hook_;
  std::optional<kernel::InterfaceWatch> watch_;  // -i any
  std::optional<base::Error> not_layer3_;        // why interfaces without a link header are not watched
  std::map<uint32_t, std::string> interfaces_;   // ifindex -> name, also of those that cannot be watched
  std::vector<std::string> notes_;
};

}  // namespace weir::app
