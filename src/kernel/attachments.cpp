// SPDX-License-Identifier: Apache-2.0
#include "kernel/attachments.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "kernel/tracepoint.h"

namespace weir::kernel {

Attachments::~Attachments() {
  detach();
}

base::Result<> Attachments::attach_tc(int program_fd, unsigned ifindex, Traffic traffic) {
  if (!clsact_) {
    auto link = attach_tcx(program_fd, ifindex, traffic);
    if (link) {
      held_.push_back(std::move(*link));
      tc_hook_ = "tcx";
      return {};
    }
    if (link.error().kind != base::ErrorKind::unsupported) return tl::unexpected(link.error());
    if (auto cleaned = remove_dead_filters(); !cleaned)
      lack("removing what a killed Weir left at clsact", cleaned.error().message);
    auto filters = ClsactFilters::open();
    if (!filters) return tl::unexpected(filters.error());
    clsact_.emplace(std::move(*filters));
    tc_hook_ = "clsact";
  }
  return clsact_->attach(program_fd, ifindex, traffic);
}

base::Result<> Attachments::attach_xdp(int program_fd, unsigned ifindex) {
  auto link = kernel::attach_xdp(program_fd, ifindex, XdpMode::automatic);
  if (!link) return tl::unexpected(link.error());
  held_.push_back(std::move(*link));
  return {};
}

base::Result<> Attachments::attach_cgroup(int program_fd, int cgroup_fd, bpf_attach_type type) {
  auto link = kernel::attach_cgroup(program_fd, cgroup_fd, type);
  if (!link) return tl::unexpected(link.error());
  held_.push_back(std::move(*link));
  return {};
}

base::Result<> Attachments::attach_packet_socket(int program_fd, unsigned ifindex) {
  base::UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return base::fail_errno(errno, "opening an AF_PACKET socket (needs CAP_NET_RAW)");
  // The filter first: without one the socket would queue packets.
  if (setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_BPF, &program_fd, sizeof(program_fd)) != 0)
    return base::fail_errno(errno, "attaching the socket filter");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(ifindex);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return base::fail_errno(errno, "binding the AF_PACKET socket");
  held_.push_back(std::move(socket));
  return {};
}

base::Result<> Attachments::attach_tracepoint(int program_fd, const std::string& category,
                                              const std::string& name) {
  auto event = open_tracepoint(category, name);
  if (!event) return tl::unexpected(event.error());
  if (auto attached = attach_event(program_fd, event->get()); !attached) return attached;
  held_.push_back(std::move(*event));
  return {};
}

base::Result<> Attachments::attach_btf_tracepoint(int program_fd) {
  base::UniqueFd link(bpf_raw_tracepoint_open(nullptr, program_fd));
  if (!link.valid()) return base::fail_errno(errno, "attaching to a tracepoint");
  held_.push_back(std::move(link));
  return {};
}

void Attachments::detach() {
  clsact_.reset();
  while (!held_.empty()) held_.pop_back();
}

}  // namespace weir::kernel
