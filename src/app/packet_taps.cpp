// SPDX-License-Identifier: Apache-2.0
#include "app/packet_taps.h"

#include <algorithm>

#include "app/hook_filter.h"
#include "app/interface_list.h"
#include "app/packet_filter.h"

namespace weir::app {
namespace {

using base::ErrorKind;
using config::Hook;
using config::PacketsDirection;
using kernel::FilterPlace;
using kernel::LinkHeader;
using kernel::PacketHook;

constexpr uint32_t kEthernetLinkType = 1;
constexpr uint32_t kRawLinkType = 101;
constexpr uint64_t kDefaultRingBytes = uint64_t{64} << 20;

}  // namespace

bool PacketTaps::wants(Hook hook) const {
  return std::find(hooks_.begin(), hooks_.end(), hook) != hooks_.end();
}

/// A packet on loopback leaves and arrives there; as tcpdump does, it is told once, where it arrives, unless
/// both ends are asked for.
bool PacketTaps::one_way_on_loopback() const {
  return options_.direction == PacketsDirection::both && hooks_.size() == 1 && !options_.once &&
         !options_.asks_owners() && options_.command.empty();
}

base::Result<std::unique_ptr<PacketTaps>> PacketTaps::attach(const config::PacketsOptions& options,
                                                             const base::Result<kernel::CgroupMount>& cgroup,
                                                             int owners_fd) {
  std::unique_ptr<PacketTaps> taps(new PacketTaps(options));
  for (const Hook hook : options.hooks) {
    const Hook chosen = hook == Hook::automatic ? Hook::tc : hook;
    if (!taps->wants(chosen)) taps->hooks_.push_back(chosen);
  }
  if (taps->hooks_.empty()) taps->hooks_.push_back(Hook::tc);
  if (taps->wants(Hook::cgroup) && !cgroup) return base::fail_within(cgroup.error(), "--hook cgroup");
  if (auto chosen = taps->choose_interfaces(); !chosen) return tl::unexpected(chosen.error());
  if (auto loaded = taps->load(owners_fd); !loaded) return tl::unexpected(loaded.error());
  if (auto attached = taps->attach_all(cgroup); !attached) return tl::unexpected(attached.error());
  return taps;
}

base::Result<> PacketTaps::choose_interfaces() {
  if (hooks_ == std::vector{Hook::cgroup}) return {};
  any_ = options_.interfaces.empty() || names_any(options_.interfaces);
  // Before the list: what comes after it is told.
  auto watch = kernel::InterfaceWatch::open();
  if (!watch) return tl::unexpected(watch.error());
  watch_.emplace(std::move(*watch));
  const auto& names = options_.interfaces;
  auto chosen = interfaces_named(names.empty() ? std::vector<std::string>{"any"} : names);
  if (!chosen) return tl::unexpected(chosen.error());
  chosen_ = std::move(*chosen);
  return {};
}

base::Result<> PacketTaps::compile_filter(bool ethernet, bool ip) {
  if (!options_.classic_file.empty()) {
    // Whoever writes it by hand knows what his interfaces' packets begin with.
    for (const auto& [wanted, filter] : {std::pair{ethernet, &ethernet_filter_}, {ip, &ip_filter_}}) {
      if (!wanted) continue;
      auto program = read_classic_file(options_.classic_file);
      if (!program) return base::fail_within(program.error(), "--classic");
      filter->emplace(std::move(*program));
    }
    return {};
  }
  if (options_.expression.empty()) return {};
  if (ethernet) {
    auto made = filter::Expression::compile_for_hook(options_.expression, filter::FirstHeader::ethernet);
    if (!made) return tl::unexpected(made.error());
    ethernet_filter_.emplace(std::move(*made));
  }
  if (!ip) return {};
  auto made = filter::Expression::compile_for_hook(options_.expression, filter::FirstHeader::ip);
  if (made) {
    ip_filter_.emplace(std::move(*made));
    return {};
  }
  // Of all interfaces, those on which the expression has no meaning do not stop the rest.
  if (!any_ || !ethernet || wants(Hook::cgroup)) return tl::unexpected(made.error());
  no_ip_filter_ = made.error();
  return {};
}

base::Result<std::vector<bpf_insn>> PacketTaps::instructions(const kernel::FilterRequest& request) const {
  const bool ip = first_header(request.place) == filter::FirstHeader::ip;
  const auto& filter = ip ? ip_filter_ : ethernet_filter_;
  if (!filter) return base::fail(ErrorKind::internal, "the filter was not compiled for this hook");
  auto made = hook_instructions(filter->classic(), request, options_.vlan_transparent);
  if (!made) return base::fail_within(made.error(), "filter");
  return made;
}

base::Result<> PacketTaps::load(int owners_fd) {
  bool ethernet = wants(Hook::xdp) || wants(Hook::socket) || (wants(Hook::tc) && any_);
  bool layer3 = wants(Hook::tc) && any_;
  for (const kernel::Interface& interface : chosen_) {
    if (interface.header == LinkHeader::ethernet) ethernet = true;
    if (interface.header == LinkHeader::none && wants(Hook::tc)) layer3 = true;
  }
  if (auto compiled = compile_filter(ethernet, layer3 || wants(Hook::cgroup)); !compiled) return compiled;
  if (no_ip_filter_) layer3 = false;

  kernel::PacketsObject::Plan plan;
  const bool in = options_.direction != PacketsDirection::out;
  const bool out = options_.direction != PacketsDirection::in;
  const auto add = [&plan](bool wanted, PacketHook hook) {
    if (wanted) plan.hooks.push_back(hook);
  };
  add(wants(Hook::xdp) && in, PacketHook::xdp);
  add(wants(Hook::tc) && ethernet && in, PacketHook::tc_in);
  add(wants(Hook::tc) && ethernet && out, PacketHook::tc_out);
  add(layer3 && in, PacketHook::tc_l3_in);
  add(layer3 && out, PacketHook::tc_l3_out);
  add(wants(Hook::cgroup) && in, PacketHook::cgroup_in);
  add(wants(Hook::cgroup) && out, PacketHook::cgroup_out);
  add(wants(Hook::socket), PacketHook::socket);
  if (plan.hooks.empty())
    return base::fail(ErrorKind::bad_input, "XDP sees arriving packets only: -Q out has nothing there");
  plan.snap_bytes = options_.snap_bytes;
  plan.headers_only = options_.headers_only;
  plan.checksums = options_.verbosity > 0 && options_.verify_checksums;
  if (in != out) plan.socket_direction = in ? PACKET_INGRESS : PACKET_EGRESS;
  for (const kernel::Interface& interface : chosen_)
    if (interface.loopback && one_way_on_loopback()) plan.arrives_only = interface.index;
  plan.ring_bytes = options_.buffer_bytes ? options_.buffer_bytes : kDefaultRingBytes;
  plan.socket_owners_fd = owners_fd;
  plan.verbose = options_.verbosity > 2;
  if (ethernet_filter_ || ip_filter_)
    plan.filter = [this](const kernel::FilterRequest& request) { return instructions(request); };
  auto object = kernel::PacketsObject::load(plan);
  if (!object) return tl::unexpected(object.error());
  object_.emplace(std::move(*object));
  return {};
}

base::Result<> PacketTaps::attach_all(const base::Result<kernel::CgroupMount>& cgroup) {
  if (cgroup) {
    object_->attach_owners(cgroup->root.get());
    cgroup_path_ = cgroup->path;
  } else {
    notes_.push_back("owners of new sockets are not seen: " + cgroup.error().message);
  }
  if (wants(Hook::cgroup)) {
    // Egress first: what this node receives from itself was sent before.
    for (const PacketHook hook : {PacketHook::cgroup_out, PacketHook::cgroup_in}) {
      if (object_->program_fd(hook) < 0) continue;
      if (auto attached = object_->attach_cgroup(hook, cgroup->root.get()); !attached) return attached;
    }
    remember(PACKET_POINT_CGROUP, 0, "", kRawLinkType);
  }
  for (const kernel::Interface& interface : chosen_) {
    attached_[interface.index] = interface.name;
    auto attached = attach_interface(interface);
    if (attached && !any_ && !interface.up)
      notes_.push_back(interface.name + " is down: nothing passes there now");
    if (attached) continue;
    if (!any_) return base::fail_within(attached.error(), interface.name);
    notes_.push_back("not watched: " + interface.name + ": " + attached.error().message);
  }
  return {};
}

base::Result<> PacketTaps::attach_interface(const kernel::Interface& interface) {
  const bool ethernet = interface.header == LinkHeader::ethernet;
  if (auto readable = check_link_header(interface); !readable) return readable;
  if (!ethernet && wants(Hook::tc) && no_ip_filter_) return tl::unexpected(*no_ip_filter_);
  if (!ethernet && (wants(Hook::xdp) || wants(Hook::socket)) && !wants(Hook::tc))
    return base::fail(ErrorKind::unsupported, "it has no Ethernet header: use --hook tc there");
  const bool in = options_.direction != PacketsDirection::out;
  const bool out =
      options_.direction != PacketsDirection::in && !(interface.loopback && one_way_on_loopback());
  remember(PACKET_POINT_TC, interface.index, interface.name, ethernet ? kEthernetLinkType : kRawLinkType);
  const auto attach = [](bool wanted, auto&& way) { return wanted ? way() : base::Result<>(); };
  auto done =
      attach(wants(Hook::xdp) && in && ethernet, [&] { return object_->attach_xdp(interface.index); });
  if (done && wants(Hook::tc) && in && ethernet &&
      kernel::PacketsObject::tc_lacks_link_header(interface.index))
    return base::fail(
        ErrorKind::unsupported,
        "a generic XDP program runs there before tc, which on kernels from 6.9 on takes the link "
        "header away from tc; capture at one of the two: --hook xdp, or --hook tc without it");
  if (done)
    done = attach(wants(Hook::tc) && out, [&] {
      return object_->attach_tc(ethernet ? PacketHook::tc_out : PacketHook::tc_l3_out, interface.index);
    });
  if (done)
    done = attach(wants(Hook::tc) && in, [&] {
      return object_->attach_tc(ethernet ? PacketHook::tc_in : PacketHook::tc_l3_in, interface.index);
    });
  if (done)
    done = attach(wants(Hook::socket) && ethernet,
                  [&] { return object_->attach_packet_socket(interface.index); });
  return done;
}

void PacketTaps::follow_interfaces() {
  if (!watch_ || !watch_->take_changes()) return;
  auto all = kernel::list_interfaces();
  if (!all) return;
  std::erase_if(attached_, [&](const auto& known) {
    const bool there = std::any_of(all->begin(), all->end(),
                                   [&](const kernel::Interface& one) { return one.index == known.first; });
    if (!there && !any_) notes_.push_back(known.second + " has gone; it is watched again when it comes back");
    return !there;
  });
  for (const kernel::Interface& interface : *all) {
    const auto& names = options_.interfaces;
    if (!any_ && std::find(names.begin(), names.end(), interface.name) == names.end()) continue;
    if (!attached_.emplace(interface.index, interface.name).second) continue;
    if (auto attached = attach_interface(interface); !attached)
      notes_.push_back("not watched: " + interface.name + ": " + attached.error().message);
    else if (!any_)
      notes_.push_back(interface.name + " is back");
  }
}

PacketTaps::Known& PacketTaps::remember(uint8_t point, uint32_t ifindex, const std::string& name,
                                        uint32_t link_type) {
  auto known = std::make_unique<Known>();
  known->index = static_cast<uint32_t>(interfaces_.size());
  known->interface.name = name;
  known->interface.ifindex = ifindex;
  known->interface.link_type = link_type;
  known->interface.snap_bytes = options_.snap_bytes;
  if (point == PACKET_POINT_CGROUP) known->interface.description = "packets as sockets see them";
  interfaces_.push_back(std::move(known));
  return *(by_point_[uint64_t{point == PACKET_POINT_CGROUP} << 32 | ifindex] = interfaces_.back().get());
}

const PacketTaps::Known& PacketTaps::known(uint8_t point, uint32_t ifindex) {
  const bool cgroup = point == PACKET_POINT_CGROUP;
  const auto found = by_point_.find(uint64_t{cgroup} << 32 | (cgroup ? 0 : ifindex));
  if (found != by_point_.end()) return *found->second;
  return remember(point, ifindex, "if" + std::to_string(ifindex), kEthernetLinkType);
}

std::string PacketTaps::description() const {
  std::vector<std::string> names;
  for (const auto& one : interfaces_)
    if (!one->interface.name.empty()) names.push_back(one->interface.name);
  const std::string on = " on " + joined(names);
  std::string text;
  for (const Hook hook : hooks_) {
    if (!text.empty()) text += "; ";
    if (hook == Hook::cgroup)
      text += "cgroup_skb at " + (cgroup_path_.empty() ? "a detached cgroup2 mount" : cgroup_path_);
    else if (hook == Hook::xdp)
      text += "XDP" + on + ": arriving packets only";
    else if (hook == Hook::socket)
      text += "an AF_PACKET socket filter" + on;
    else
      text += object_->tc_hook() + on;
  }
  return text;
}

}  // namespace weir::app
