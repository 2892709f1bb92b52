// SPDX-License-Identifier: Apache-2.0
// Where `weir packets` takes packets: the hooks and interfaces that were asked for, attached, with the filter
// before them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/packets_options.h"
#include "decode/packet_record.h"
#include "filter/expression.h"
#include "kernel/cgroup_mount.h"
#include "kernel/interface.h"
#include "kernel/packets_object.h"

namespace weir::app {

class PacketTaps {
 public:
  /// Loads and attaches all. `cgroup` is the root, or why there is none; `owners_fd` the map of the sockets'
  /// owners. An error says what is missing and what to do.
  static base::Result<std::unique_ptr<PacketTaps>> attach(const config::PacketsOptions& options,
                                                          const base::Result<kernel::CgroupMount>& cgroup,
                                                          int owners_fd);

  kernel::PacketsObject& object() { return *object_; }
  const kernel::PacketsObject& object() const { return *object_; }

  /// "tcx on eth0, veth1, both ways; ...".
  std::string description() const;
  const std::vector<std::string>& notes() const { return notes_; }

  /// Attaches to interfaces that came, of `any` or of those named; notes which of the named went. To be
  /// called when `changes_fd` is readable.
  void follow_interfaces();
  /// Whether one packet can be seen more than once.
  bool has_several_points() const {
    return any_ || hooks_.size() > 1 || chosen_.size() > 1 || wants(config::Hook::cgroup);
  }
  /// -1: nothing to watch.
  int changes_fd() const { return watch_ ? watch_->fd() : -1; }

  /// An interface of the run: its place in the order of appearance, and what it is.
  struct Known {
    uint32_t index;
    decode::PacketInterface interface;
  };
  /// Of a packet's point and ifindex. The reference stays.
  const Known& known(uint8_t point, uint32_t ifindex);
  const std::vector<std::unique_ptr<Known>>& interfaces() const { return interfaces_; }

 private:
  explicit PacketTaps(const config::PacketsOptions& options) : options_(options) {}
  base::Result<> choose_interfaces();
  base::Result<> compile_filter(bool ethernet, bool ip);
  base::Result<std::vector<bpf_insn>> instructions(const kernel::FilterRequest& request) const;
  base::Result<> load(int owners_fd);
  base::Result<> attach_all(const base::Result<kernel::CgroupMount>& cgroup);
  base::Result<> attach_interface(const kernel::Interface& interface);
  bool wants(config::Hook hook) const;
  bool one_way_on_loopback() const;
  Known& remember(uint8_t point, uint32_t ifindex, const std::string& name, uint32_t link_type);

  const config::PacketsOptions& options_;
  bool any_ = false;
  std::vector<config::Hook> hooks_;
  std::vector<kernel::Interface> chosen_;
  std::optional<filter::Expression> ethernet_filter_, ip_filter_;
  std::optional<base::Error> no_ip_filter_;  // why the expression has no meaning without a link header
  std::optional<kernel::PacketsObject> object_;
  std::string cgroup_path_;
  std::optional<kernel::InterfaceWatch> watch_;
  std::unordered_map<uint32_t, std::string> attached_;  // ifindex -> name, also of those that cannot be
  std::vector<std::unique_ptr<Known>> interfaces_;
  std::unordered_map<uint64_t, Known*> by_point_;
  std::vector<std::string> notes_;
};

}  // namespace weir::app
