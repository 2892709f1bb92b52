// SPDX-License-Identifier: Apache-2.0
#include "kernel/link.h"

#include <bpf/libbpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "kernel/capabilities.h"
#include "kernel/program_info.h"

namespace weir::kernel {
namespace {

constexpr uint32_t kBefore = 1U << 3;  // BPF_F_BEFORE of 6.6: without a relative, before all

/// union bpf_attr's link_create of 6.6; older kernels ask only that the part they do not know is 0.
struct LinkCreate {
  uint32_t program_fd;
  uint32_t target;  // cgroup descriptor or ifindex
  uint32_t attach_type;
  uint32_t flags;
  uint32_t relative;
  uint32_t reserved;
  uint64_t expected_revision;
};

/// The link's descriptor, or -errno. The kernel opens it close-on-exec.
int create_link(int program_fd, uint32_t target, uint32_t attach_type, uint32_t flags) {
  LinkCreate attributes{};
  attributes.program_fd = static_cast<uint32_t>(program_fd);
  attributes.target = target;
  attributes.attach_type = attach_type;
  attributes.flags = flags;
  const long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

std::string interface_name(unsigned ifindex) {
  char name[IF_NAMESIZE];
  return if_indextoname(ifindex, name) != nullptr ? name : "interface " + std::to_string(ifindex);
}

std::string not_permitted(const std::string& what) {
  const std::string missing = missing_capabilities_sentence();
  return missing.empty()
             ? what + " is refused (EPERM) although the capabilities are there: a security policy?"
             : what + ": " + missing;
}

bool is_veth(const std::string& name) {
  const base::UniqueFd any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&driver);
  return any.valid() && ioctl(any.get(), SIOCETHTOOL, &request) == 0 &&
         std::string_view(driver.driver) == "veth";
}

tl::unexpected<base::Error> fail_xdp_busy(unsigned ifindex, const std::string& name, int error) {
  bpf_xdp_query_opts query{};
  query.sz = sizeof query;
  std::string neighbour = "another XDP program";
  if (bpf_xdp_query(static_cast<int>(ifindex), 0, &query) == 0) {
    for (const uint32_t id : {query.prog_id, query.drv_prog_id, query.skb_prog_id, query.hw_prog_id})
      if (id != 0) {
        neighbour = describe_program(id);
        break;
      }
  }
  return base::fail(base::ErrorKind::resource,
                    neighbour + " holds the XDP hook of " + name + ", which takes one only; use --hook tc",
                    error);
}

}  // namespace

base::Result<base::UniqueFd> attach_tcx(int program_fd, unsigned ifindex, Traffic traffic) {
  const uint32_t type = traffic == Traffic::ingress ? kAttachTcxIngress : kAttachTcxEgress;
  const int fd = create_link(program_fd, ifindex, type, kBefore);
  if (fd >= 0) return base::UniqueFd(fd);
  const std::string what = "attaching to tcx of " + interface_name(ifindex);
  if (fd == -EINVAL || fd == -EOPNOTSUPP)
    return base::fail(base::ErrorKind::unsupported, what + ": needs Linux 6.6 with CONFIG_NET_XGRESS", -fd);
  if (fd == -EPERM) return base::fail(base::ErrorKind::permission, not_permitted(what), EPERM);
  return base::fail_errno(-fd, what);
}

base::Result<base::UniqueFd> attach_xdp(int program_fd, unsigned ifindex, XdpMode mode) {
  const std::string name = interface_name(ifindex);
  if (mode == XdpMode::automatic && is_veth(name)) mode = XdpMode::generic;
  uint32_t flags = 0;
  if (mode == XdpMode::driver) flags = XDP_FLAGS_DRV_MODE;
  if (mode == XdpMode::generic) flags = XDP_FLAGS_SKB_MODE;
  const int fd = create_link(program_fd, ifindex, BPF_XDP, flags);
  if (fd >= 0) return base::UniqueFd(fd);
  const std::string what = "attaching XDP to " + name;
  if (fd == -EBUSY || fd == -EEXIST) return fail_xdp_busy(ifindex, name, -fd);
  if (fd == -EOPNOTSUPP)
    return base::fail(base::ErrorKind::unsupported,
                      what + ": its driver has no XDP of its own; generic XDP works anywhere", EOPNOTSUPP);
  if (fd == -EINVAL && mode != XdpMode::driver)
    return base::fail(base::ErrorKind::unsupported, what + ": needs Linux 5.9", EINVAL);
  if (fd == -EPERM) return base::fail(base::ErrorKind::permission, not_permitted(what), EPERM);
  return base::fail_errno(-fd, what);
}

base::Result<base::UniqueFd> attach_cgroup(int program_fd, int cgroup_fd, bpf_attach_type type) {
  const int fd = create_link(program_fd, static_cast<uint32_t>(cgroup_fd), type, 0);
  if (fd >= 0) return base::UniqueFd(fd);
  const char* type_name = libbpf_bpf_attach_type_str(type);
  const std::string what =
      std::string("attaching ") + (type_name != nullptr ? type_name : "a program") + " to the cgroup";
  if (fd == -EPERM) {
    // kernel/bpf/cgroup.c hierarchy_allows_attach: one attached without "multi" shuts out all others.
    if (missing_capabilities_sentence().empty())
      return base::fail(base::ErrorKind::resource,
                        what + ": another program there was attached as the only one; `weir doctor` names it",
                        EPERM);
    return base::fail(base::ErrorKind::permission, not_permitted(what), EPERM);
  }
  if (fd == -E2BIG)
    return base::fail(base::ErrorKind::resource, what + ": 64 programs are there already", E2BIG);
  if (fd == -EINVAL)
    return base::fail(base::ErrorKind::unsupported, what + ": needs Linux 5.7 with CONFIG_CGROUP_BPF",
                      EINVAL);
  return base::fail_errno(-fd, what);
}

}  // namespace weir::kernel
