// SPDX-License-Identifier: Apache-2.0
#include "app/live_hooks.h"

#include <algorithm>

#include "app/interface_list.h"

namespace weir::app {
namespace {

using base::ErrorKind;
using config::Hook;
using kernel::LinkHeader;

/// The filter before every program of the plan, compiled for what its packets begin with.
base::Result<> put_before(HookFilter& filter, kernel::FlowsObject::Plan& plan) {
  base::Result<> compiled;
  if (plan.tc || plan.xdp || plan.socket) compiled = filter.compile(filter::FirstHeader::ethernet);
  if (compiled && (plan.cgroup || plan.tc_layer3)) compiled = filter.compile(filter::FirstHeader::ip);
  if (compiled) plan.filter = filter.maker();
  return compiled;
}

}  // namespace

Hook chosen_hook(const config::FlowsOptions& options) {
  if (options.hook != Hook::automatic) return options.hook;
  return options.interfaces.empty() ? Hook::cgroup : Hook::tc;
}

base::Result<LiveHooks> LiveHooks::attach(const config::FlowsOptions& options,
                                          base::Result<kernel::CgroupMount> cgroup, int owners_fd,
                                          HookFilter& filter) {
  const auto with_cgroup = [&cgroup](base::Result<LiveHooks> hooks) {
    if (!hooks || !cgroup) return hooks;
    hooks->notes_.insert(hooks->notes_.begin(), cgroup->notes.begin(), cgroup->notes.end());
    hooks->cgroup_.emplace(std::move(*cgroup));
    return hooks;
  };
  auto hooks = attach_at(options, cgroup, owners_fd, filter);
  if (hooks || options.hook != Hook::automatic || hooks.error().kind != ErrorKind::unsupported)
    return with_cgroup(std::move(hooks));
  // The last resort: a packet socket, here or on every interface.
  config::FlowsOptions last = options;
  last.hook = Hook::socket;
  if (last.interfaces.empty()) last.interfaces = {"any"};
  auto socket = attach_at(last, cgroup, owners_fd, filter);
  if (!socket) return hooks;
  socket->notes_.insert(socket->notes_.begin(), "a packet socket serves, because " + hooks.error().message);
  return with_cgroup(std::move(socket));
}

base::Result<LiveHooks> LiveHooks::attach_at(const config::FlowsOptions& options,
                                             const base::Result<kernel::CgroupMount>& cgroup, int owners_fd,
                                             HookFilter& filter) {
  const Hook hook = chosen_hook(options);
  const bool at_cgroup = hook == Hook::cgroup;
  if (!at_cgroup && options.interfaces.empty())
    return base::fail(ErrorKind::bad_input,
                      "--hook tc, xdp and socket need an interface: add -i IFACE or -i any");
  if (at_cgroup && !cgroup)
    return base::fail_within(cgroup.error(),
                             "the default hook is cgroup2's root (or name an interface with -i)");
  const bool any = names_any(options.interfaces);
  std::optional<kernel::InterfaceWatch> watch;  // before the list: what comes after it is told
  if (any) {
    auto opened = kernel::InterfaceWatch::open();
    if (!opened) return tl::unexpected(opened.error());
    watch.emplace(std::move(*opened));
  }
  std::vector<kernel::Interface> interfaces;
  if (!options.interfaces.empty()) {
    auto named = interfaces_named(options.interfaces);
    if (!named) return tl::unexpected(named.error());
    interfaces = std::move(*named);
  }

  kernel::FlowsObject::Plan plan;
  plan.cgroup = at_cgroup;
  if (hook == Hook::tc) {
    // Interfaces of `any` may come later, of either kind.
    plan.tc = plan.tc_layer3 = any;
    for (const kernel::Interface& interface : interfaces) {
      plan.tc |= interface.header == LinkHeader::ethernet;
      plan.tc_layer3 |= interface.header == LinkHeader::none;
    }
  }
  plan.xdp = hook == Hook::xdp;
  plan.socket = hook == Hook::socket;
  std::optional<base::Error> not_layer3;
  if (auto filtered = put_before(filter, plan); !filtered) {
    // Of all interfaces, those on which the expression has no meaning do not stop the rest.
    const bool only_any = options.interfaces == std::vector<std::string>{"any"};
    if (!only_any || !plan.tc || !plan.tc_layer3) return tl::unexpected(filtered.error());
    not_layer3 = filtered.error();
    plan.tc_layer3 = false;
    if (filtered = put_before(filter, plan); !filtered) return tl::unexpected(filtered.error());
  }
  plan.decapsulate = options.decapsulate;
  plan.max_flows = static_cast<uint32_t>(std::clamp<uint64_t>(options.max_flows, 1, 1u << 28));
  plan.verbose = options.verbosity > 0;
  plan.socket_owners_fd = owners_fd;
  auto object = kernel::FlowsObject::load(plan);
  if (!object) return tl::unexpected(object.error());

  LiveHooks hooks(std::move(*object), hook);
  hooks.not_layer3_ = std::move(not_layer3);
  hooks.watch_ = std::move(watch);
  const int cgroup_root = cgroup ? cgroup->root.get() : -1;
  if (!cgroup) hooks.notes_.push_back("owners of new sockets are not seen: " + cgroup.error().message);
  if (auto owners = hooks.object_.attach_owners(cgroup_root); !owners) return tl::unexpected(owners.error());
  if (at_cgroup) {
    if (auto attached = hooks.object_.attach_cgroup_hooks(cgroup_root); !attached)
      return tl::unexpected(attached.error());
    return hooks;
  }
  for (const kernel::Interface& interface : interfaces) {
    auto attached = hooks.attach_interface(interface);
    if (attached) continue;
    // Of all interfaces, one that cannot be watched does not stop the rest.
    if (!any || options.interfaces.size() > 1) return base::fail_within(attached.error(), interface.name);
    hooks.notes_.push_back("not watched: " + interface.name + ": " + attached.error().message);
  }
  return hooks;
}

base::Result<> LiveHooks::attach_interface(const kernel::Interface& interface) {
  interfaces_[interface.index] = interface.name;
  if (auto readable = check_link_header(interface); !readable) return readable;
  const bool ethernet = interface.header == LinkHeader::ethernet;
  if (hook_ == Hook::tc && !ethernet && not_layer3_) return tl::unexpected(*not_layer3_);
  if (hook_ == Hook::tc) return object_.attach_tc(interface.index, !ethernet);
  if (!ethernet) return base::fail(ErrorKind::unsupported, "it has no Ethernet header: use --hook tc there");
  return hook_ == Hook::xdp ? object_.attach_xdp(interface.index)
                            : object_.attach_packet_socket(interface.index);
}

void LiveHooks::attach_new_interfaces() {
  if (!watch_ || !watch_->take_changes()) return;
  const auto all = kernel::list_interfaces();
  if (!all) return;
  for (const kernel::Interface& interface : *all) {
    if (interfaces_.contains(interface.index)) continue;
    if (auto attached = attach_interface(interface); !attached)
      notes_.push_back("not watched: " + interface.name + ": " + attached.error().message);
  }
}

std::string LiveHooks::interface_name(uint32_t ifindex) const {
  const auto found = interfaces_.find(ifindex);
  return found == interfaces_.end() ? "if" + std::to_string(ifindex) : found->second;
}

std::string LiveHooks::description() const {
  std::vector<std::string> names;
  for (const auto& [index, name] : interfaces_) names.push_back(name);
  switch (hook_) {
    case Hook::tc:
      return object_.tc_hook() + " on " + joined(names) + ", both ways";
    case Hook::xdp:
      return "XDP on " + joined(names) + ": arriving packets only";
    case Hook::socket:
      return "an AF_PACKET socket filter on " + joined(names);
    default:
      return "cgroup_skb at " +
             (cgroup_->path.empty() ? std::string("a detached cgroup2 mount") : cgroup_->path) +
             ": packets as sockets see them, in every network namespace; not forwarded ones, nor those that "
             "find no "
             "socket";
  }
}

}  // namespace weir::app
