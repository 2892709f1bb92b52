// SPDX-License-Identifier: Apache-2.0
#include "lab/program_details.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/clock.h"
#include "lab/map_info.h"
#include "lab/type_set.h"

namespace weir::lab {
namespace {

using base::Result;

constexpr uint32_t kMostMaps = 64;  // MAX_USED_MAPS of the verifier

/// Newer than libbpf 1.1 (include/uapi/linux/bpf.h, Linux 6.18).
constexpr uint32_t kNetfilterProgram = 32;
constexpr std::array kNewerAttachTypes{
    std::pair{44u, "struct_ops"},
    std::pair{45u, "netfilter"},
    std::pair{46u, "tcx_ingress"},
    std::pair{47u, "tcx_egress"},
    std::pair{48u, "trace_uprobe_multi"},
    std::pair{49u, "cgroup_unix_connect"},
    std::pair{50u, "cgroup_unix_sendmsg"},
    std::pair{51u, "cgroup_unix_recvmsg"},
    std::pair{52u, "cgroup_unix_getpeername"},
    std::pair{53u, "cgroup_unix_getsockname"},
    std::pair{54u, "netkit_primary"},
    std::pair{55u, "netkit_peer"},
    std::pair{56u, "trace_kprobe_session"},
    std::pair{57u, "trace_uprobe_session"},
};

/// The kernel keeps 15 characters of a name; the program's BTF the whole.
std::string whole_name(int fd, uint32_t btf_id, uint32_t functions, uint32_t record_bytes) {
  constexpr uint32_t kLargestRecord = 256;
  if (btf_id == 0 || functions == 0 || record_bytes < sizeof(bpf_func_info) || record_bytes > kLargestRecord)
    return {};
  std::array<char, kLargestRecord> first{};
  bpf_prog_info raw{};
  raw.nr_func_info = 1;
  raw.func_info_rec_size = record_bytes;
  raw.func_info = reinterpret_cast<uintptr_t>(first.data());
  uint32_t size = sizeof raw;
  if (bpf_obj_get_info_by_fd(fd, &raw, &size) != 0) return {};
  bpf_func_info info{};
  std::memcpy(&info, first.data(), sizeof info);
  const auto types = TypeSet::of_id(btf_id);
  return types ? std::string(types->name_of(info.type_id)) : std::string();
}

}  // namespace

std::string program_type_name(uint32_t type) {
  if (const char* name = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(type))) return name;
  return type == kNetfilterProgram ? "netfilter" : "type " + std::to_string(type);
}

std::string attach_type_name(uint32_t type) {
  if (const char* name = libbpf_bpf_attach_type_str(static_cast<bpf_attach_type>(type))) return name;
  for (const auto& [number, name] : kNewerAttachTypes)
    if (number == type) return name;
  return "type " + std::to_string(type);
}

Result<ProgramDetails> program_details(int program_fd) {
  std::array<uint32_t, kMostMaps> maps{};
  bpf_prog_info raw{};
  raw.nr_map_ids = maps.size();
  raw.map_ids = reinterpret_cast<uintptr_t>(maps.data());
  uint32_t size = sizeof raw;
  if (const int error = bpf_obj_get_info_by_fd(program_fd, &raw, &size); error != 0)
    return base::fail_errno(-error, "asking about a program");
  ProgramDetails details;
  details.id = raw.id;
  details.type = raw.type;
  details.type_name = program_type_name(raw.type);
  details.name.assign(raw.name, strnlen(raw.name, sizeof raw.name));
  if (details.name.size() == sizeof raw.name - 1)
    if (std::string name = whole_name(program_fd, raw.btf_id, raw.nr_func_info, raw.func_info_rec_size);
        name.starts_with(details.name))
      details.name = std::move(name);
  for (const uint8_t byte : raw.tag) {
    details.tag += "0123456789abcdef"[byte >> 4];
    details.tag += "0123456789abcdef"[byte & 15];
  }
  details.gpl_compatible = raw.gpl_compatible;
  const int64_t boot = base::now_ns(CLOCK_REALTIME) - base::now_ns(CLOCK_BOOTTIME);
  details.loaded_unix_ns = boot + static_cast<int64_t>(raw.load_time);
  details.user = raw.created_by_uid;
  details.xlated_bytes = raw.xlated_prog_len;
  details.jited_bytes = raw.jited_prog_len;
  details.memory_bytes = descriptor_number(descriptor_text(program_fd), "memlock").value_or(0);
  details.maps.assign(maps.begin(), maps.begin() + std::min<uint32_t>(raw.nr_map_ids, maps.size()));
  details.btf_id = raw.btf_id;
  details.interface = raw.ifindex;
  details.attach_btf_object = raw.attach_btf_obj_id;
  details.attach_btf_type = raw.attach_btf_id;
  details.verified_instructions = raw.verified_insns;
  details.runs = raw.run_cnt;
  details.run_time_ns = raw.run_time_ns;
  details.recursion_misses = raw.recursion_misses;
  return details;
}

Result<base::UniqueFd> count_runs() {
  const int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd >= 0) return base::UniqueFd(fd);
  if (fd == -EPERM)
    return base::fail(base::ErrorKind::permission, "counting runs needs CAP_SYS_ADMIN", EPERM);
  if (fd == -EINVAL) return base::fail(base::ErrorKind::unsupported, "counting runs needs Linux 5.8", EINVAL);
  return base::fail_errno(-fd, "counting runs");
}

}  // namespace weir::lab
