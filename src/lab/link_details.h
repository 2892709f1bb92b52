// SPDX-License-Identifier: Apache-2.0
// What the kernel says about one link: which program is attached where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace weir::lab {

struct LinkDetails {
  uint32_t id = 0;
  uint32_t type = 0;      // enum bpf_link_type
  std::string type_name;  // "tracing", "tcx"
  uint32_t program = 0;
  std::optional<uint32_t> attach_type;  // enum bpf_attach_type
  // Of these what the type has:
  std::string target_name;  // the raw tracepoint's, the iterator's
  uint32_t target_object = 0;
  uint32_t target_type = 0;  // a function in that object's BTF
  uint64_t cgroup = 0;
  uint32_t network_namespace = 0;  // its inode
  uint32_t interface = 0;
  uint32_t map = 0;  // an iterator's
};

base::Result<LinkDetails> link_details(int link_fd);

/// "sched_switch", "eth0 tcx_ingress", "cgroup 1 cgroup_inet_egress": where it sits, in a few words.
std::string describe_place(const LinkDetails& link);

}  // namespace weir::lab
