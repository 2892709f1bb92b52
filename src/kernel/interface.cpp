// SPDX-License-Identifier: Apache-2.0
#include "kernel/interface.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>

namespace weir::kernel {
namespace {

struct FreeNames {
  void operator()(struct if_nameindex* names) const { if_freenameindex(names); }
};

LinkHeader header_of(uint32_t hardware) {
  switch (hardware) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return LinkHeader::ethernet;
    case ARPHRD_NONE:
    case ARPHRD_PPP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_RAWIP:
      return LinkHeader::none;
    default:
      return LinkHeader::other;
  }
}

}  // namespace

base::Result<std::vector<Interface>> list_interfaces() {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return base::fail_errno(errno, "listing interfaces");
  const std::unique_ptr<struct if_nameindex, FreeNames> names(if_nameindex());
  if (!names) return base::fail_errno(errno, "listing interfaces");
  std::vector<Interface> found;
  for (const struct if_nameindex* name = names.get(); name->if_index != 0; name++) {
    ifreq request{};
    std::strncpy(request.ifr_name, name->if_name, sizeof(request.ifr_name) - 1);
    if (ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) continue;
    const uint32_t hardware = request.ifr_hwaddr.sa_family;
    const bool up = ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_UP) != 0;
    found.push_back(
        {name->if_index, name->if_name, header_of(hardware), hardware, hardware == ARPHRD_LOOPBACK, up});
  }
  return found;
}

base::Result<InterfaceWatch> InterfaceWatch::open() {
  base::UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (!socket.valid() || bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    return base::fail_errno(errno, "watching interfaces come and go");
  return InterfaceWatch(std::move(socket));
}

bool InterfaceWatch::take_changes() {
  std::array<char, 8192> message;
  bool changed = false;
  // ENOBUFS: more came than the socket held, which is a change too.
  while (recv(socket_.get(), message.data(), message.size(), 0) > 0 || errno == ENOBUFS) changed = true;
  return changed;
}

}  // namespace weir::kernel
