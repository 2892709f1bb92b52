// SPDX-License-Identifier: Apache-2.0
// Attaching by BPF links, which vanish with their last descriptor, however the process ends.
// libbpf 1.1.2 knows no tcx, so BPF_LINK_CREATE is called directly. Knows nothing of what a program does.
#pragma once

#include <linux/bpf.h>

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

/// As the interface sees it.
enum class Traffic : uint8_t { ingress, egress };

/// enum bpf_attach_type of Linux 6.6, absent from Debian 12's UAPI headers.
inline constexpr uint32_t kAttachTcxIngress = 46;
inline constexpr uint32_t kAttachTcxEgress = 47;

/// Puts a BPF_PROG_TYPE_SCHED_CLS program (SEC("tc")) before all others at the interface's tcx hook. It must
/// return TC_ACT_UNSPEC (-1, the kernel's TCX_NEXT), so that the next program and then clsact run as if it
/// were not there. No expected attach type is needed at load: the kernel takes the hook from the link
/// (kernel/bpf/tcx.c). `unsupported` below Linux 6.6 or without CONFIG_NET_XGRESS: go on with ClsactFilters.
base::Result<base::UniqueFd> attach_tcx(int program_fd, unsigned ifindex, Traffic traffic);

enum class XdpMode : uint8_t {
  automatic,  // the driver's hook where it has one, else generic; on a veth always generic
  driver,     // `unsupported` where the driver has none; on a veth it takes GRO, and TCP to a third, away
  generic,
};

/// A BPF_PROG_TYPE_XDP program; one only per interface. `resource` with the neighbour's name when another is
/// there.
base::Result<base::UniqueFd> attach_xdp(int program_fd, unsigned ifindex, XdpMode mode);

/// Any cgroup program (skb, sock, sock_addr, sock_ops) beside those already there (5.7+). The program must
/// have been loaded with `type` as its expected attach type, except BPF_CGROUP_SOCK_OPS. libbpf does so from
/// SEC("cgroup_skb/..."), SEC("cgroup/sock_create"), ...
base::Result<base::UniqueFd> attach_cgroup(int program_fd, int cgroup_fd, bpf_attach_type type);

}  // namespace weir::kernel
