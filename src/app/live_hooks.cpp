// SPDX-License-Identifier: Apache-2.0
#include "app/live_hooks.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace weir::app {
namespace {

using base::ErrorKind;
using config::Hook;

struct FreeNames {
  void operator()(struct if_nameindex* names) const { if_freenameindex(names); }
};

std::map<uint32_t, std::string> all_interfaces() {
  std::map<uint32_t, std::string> found;
  const std::unique_ptr<struct if_nameindex, FreeNames> names(if_nameindex());
  for (const struct if_nameindex* name = names.get(); name && name->if_index != 0; name++)
    found[name->if_index] = name->if_name;
  return found;
}

std::string joined(const std::map<uint32_t, std::string>& names) {
  std::string text;
  for (const auto& [index, name] : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// ARPHRD_*: whether frames begin with an Ethernet header, or with the IP header (tun, WireGuard, PPP).
base::Result<bool> has_ethernet_header(const std::string& name) {
  base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), sizeof(request.ifr_name) - 1);
  if (!socket.valid() || ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0)
    return base::fail_errno(errno, "asking for the link type of " + name);
  switch (request.ifr_hwaddr.sa_family) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return true;
    case ARPHRD_NONE:
    case ARPHRD_PPP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_RAWIP:
      return false;
    default:
      return base::fail(ErrorKind::unsupported, name + " has a link type that Weir does not read (ARPHRD " +
                                                    std::to_string(request.ifr_hwaddr.sa_family) + ")");
  }
}

base::Result<std::map<uint32_t, std::string>> named_interfaces(const std::vector<std::string>& names) {
  std::map<uint32_t, std::string> found;
  for (const std::string& name : names) {
    if (name == "any") {
      found.merge(all_interfaces());
      continue;
    }
    const uint32_t ifindex = if_nametoindex(name.c_str());
    if (ifindex == 0)
      return base::fail(ErrorKind::bad_input,
                        "no interface " + name + " here; there are: " + joined(all_interfaces()), ENODEV);
    found[ifindex] = name;
  }
  return found;
}

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
  auto interfaces = named_interfaces(options.interfaces);
  if (!interfaces) return tl::unexpected(interfaces.error());

  kernel::FlowsObject::Plan plan;
  plan.cgroup = at_cgroup;
  if (hook == Hook::tc) {
    // Interfaces of `any` may come later, of either kind.
    plan.tc = plan.tc_layer3 =
        std::find(options.interfaces.begin(), options.interfaces.end(), "any") != options.interfaces.end();
    for (const auto& [ifindex, name] : *interfaces) {
      const auto ethernet = has_ethernet_header(name);
      if (ethernet) (*ethernet ? plan.tc : plan.tc_layer3) = true;
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
  hooks.any_ =
      std::find(options.interfaces.begin(), options.interfaces.end(), "any") != options.interfaces.end();
  const int cgroup_root = cgroup ? cgroup->root.get() : -1;
  if (!cgroup) hooks.notes_.push_back("owners of new sockets are not seen: " + cgroup.error().message);
  if (auto owners = hooks.object_.attach_owners(cgroup_root); !owners) return tl::unexpected(owners.error());
  if (at_cgroup) {
    if (auto attached = hooks.object_.attach_cgroup_hooks(cgroup_root); !attached)
      return tl::unexpected(attached.error());
    return hooks;
  }
  for (const auto& [ifindex, name] : *interfaces) {
    auto attached = hooks.attach_interface(name, ifindex);
    if (attached) continue;
    // Of all interfaces, one that cannot be watched does not stop the rest.
    if (!hooks.any_ || options.interfaces.size() > 1) return tl::unexpected(attached.error());
    hooks.notes_.push_back("not watched: " + attached.error().message);
    hooks.interfaces_[ifindex] = name;
  }
  return hooks;
}

base::Result<> LiveHooks::attach_interface(const std::string& name, uint32_t ifindex) {
  auto ethernet = has_ethernet_header(name);
  if (!ethernet) return tl::unexpected(ethernet.error());
  base::Result<> attached;
  if (hook_ == Hook::tc && !*ethernet && not_layer3_) return base::fail_within(*not_layer3_, name);
  if (hook_ == Hook::tc)
    attached = object_.attach_tc(ifindex, !*ethernet);
  else if (!*ethernet)
    return base::fail(ErrorKind::unsupported, name + " has no Ethernet header: use --hook tc there");
  else if (hook_ == Hook::xdp)
    attached = object_.attach_xdp(ifindex);
  else
    attached = object_.attach_packet_socket(ifindex);
  if (!attached) return base::fail_within(attached.error(), name);
  interfaces_[ifindex] = name;
  return {};
}

size_t LiveHooks::attach_new_interfaces() {
  if (!any_) return 0;
  size_t attached = 0;
  for (const auto& [ifindex, name] : all_interfaces()) {
    if (interfaces_.contains(ifindex)) continue;
    if (auto done = attach_interface(name, ifindex); done) {
      attached++;
    } else {
      notes_.push_back("not watched: " + done.error().message);
      interfaces_[ifindex] = name;
    }
  }
  return attached;
}

std::string LiveHooks::interface_name(uint32_t ifindex) const {
  const auto found = interfaces_.find(ifindex);
  return found == interfaces_.end() ? "if" + std::to_string(ifindex) : found->second;
}

std::string LiveHooks::description() const {
  switch (hook_) {
    case Hook::tc:
      return object_.tc_hook() + " on " + joined(interfaces_) + ", both ways";
    case Hook::xdp:
      return "XDP on " + joined(interfaces_) + ": arriving packets only";
    case Hook::socket:
      return "an AF_PACKET socket filter on " + joined(interfaces_);
    default:
      return "cgroup_skb at " +
             (cgroup_->path.empty() ? std::string("a detached cgroup2 mount") : cgroup_->path) +
             ": packets as sockets see them, in every network namespace; not forwarded ones, nor those that "
             "find no "
             "socket";
  }
}

}  // namespace weir::app
