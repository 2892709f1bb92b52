// SPDX-License-Identifier: Apache-2.0
#include "lab/link_details.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>

#include <array>
#include <cstring>

#include "lab/program_details.h"

namespace weir::lab {
namespace {

using base::Result;

/// struct bpf_link_info with room for what newer kernels say (include/uapi/linux/bpf.h, Linux 6.18).
union LinkInfo {
  bpf_link_info known;
  struct {
    __u32 type, id, prog_id, reserved;
    __u32 first, second;  // tcx, netkit: ifindex, attach_type; netfilter: pf, hooknum
  } newer;
  std::array<unsigned char, 128> room;
};

enum : uint32_t { kNetfilter = 10, kTcx = 11, kUprobeMulti = 12, kNetkit = 13, kSockmap = 14 };

std::string link_type_name(uint32_t type) {
  if (const char* name = libbpf_bpf_link_type_str(static_cast<bpf_link_type>(type))) return name;
  switch (type) {
    case kNetfilter:
      return "netfilter";
    case kTcx:
      return "tcx";
    case kUprobeMulti:
      return "uprobe_multi";
    case kNetkit:
      return "netkit";
    case kSockmap:
      return "sockmap";
    default:
      return "type " + std::to_string(type);
  }
}

}  // namespace

Result<LinkDetails> link_details(int link_fd) {
  LinkInfo raw{};
  std::memset(&raw, 0, sizeof raw);
  uint32_t size = sizeof raw;
  if (const int error = bpf_obj_get_info_by_fd(link_fd, &raw, &size); error != 0)
    return base::fail_errno(-error, "asking about a link");
  LinkDetails details;
  details.id = raw.known.id;
  details.type = raw.known.type;
  details.type_name = link_type_name(raw.known.type);
  details.program = raw.known.prog_id;
  switch (raw.known.type) {
    case BPF_LINK_TYPE_RAW_TRACEPOINT:
    case BPF_LINK_TYPE_ITER: {
      // Once more, with room for the name.
      std::array<char, 128> name{};
      const bool iterator = raw.known.type == BPF_LINK_TYPE_ITER;
      std::memset(&raw, 0, sizeof raw);
      raw.known.raw_tracepoint.tp_name = reinterpret_cast<uintptr_t>(name.data());
      raw.known.raw_tracepoint.tp_name_len = name.size();
      size = sizeof raw;
      if (bpf_obj_get_info_by_fd(link_fd, &raw, &size) != 0) break;
      details.target_name.assign(name.data(), strnlen(name.data(), name.size()));
      if (iterator && details.target_name.find("map") != std::string::npos)
        details.map = raw.known.iter.map.map_id;
      break;
    }
    case BPF_LINK_TYPE_TRACING:
      details.attach_type = raw.known.tracing.attach_type;
      details.target_object = raw.known.tracing.target_obj_id;
      details.target_type = raw.known.tracing.target_btf_id;
      break;
    case BPF_LINK_TYPE_CGROUP:
      details.attach_type = raw.known.cgroup.attach_type;
      details.cgroup = raw.known.cgroup.cgroup_id;
      break;
    case BPF_LINK_TYPE_NETNS:
      details.attach_type = raw.known.netns.attach_type;
      details.network_namespace = raw.known.netns.netns_ino;
      break;
    case BPF_LINK_TYPE_XDP:
      details.interface = raw.known.xdp.ifindex;
      break;
    case kTcx:
    case kNetkit:
      details.interface = raw.newer.first;
      details.attach_type = raw.newer.second;
      break;
    default:
      break;
  }
  return details;
}

std::string describe_place(const LinkDetails& link) {
  std::string place;
  const auto add = [&place](const std::string& word) { place += (place.empty() ? "" : " ") + word; };
  if (!link.target_name.empty()) add(link.target_name);
  if (link.interface != 0) {
    char name[IF_NAMESIZE];
    // Of another network namespace the number alone is known.
    add(if_indextoname(link.interface, name) != nullptr ? name
                                                        : "interface " + std::to_string(link.interface));
  }
  if (link.cgroup != 0) add("cgroup " + std::to_string(link.cgroup));
  if (link.network_namespace != 0) add("netns " + std::to_string(link.network_namespace));
  if (link.attach_type) add(attach_type_name(*link.attach_type));
  return place;
}

}  // namespace weir::lab
