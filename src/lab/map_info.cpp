// SPDX-License-Identifier: Apache-2.0
#include "lab/map_info.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "kernel/pseudo_mount.h"

namespace weir::lab {
namespace {

/// Types after those that libbpf 1.1 knows (include/uapi/linux/bpf.h, Linux 6.18).
constexpr std::array kNewerTypes{std::pair{32u, "cgrp_storage"}, std::pair{33u, "arena"},
                                 std::pair{34u, "insn_array"}};

}  // namespace

std::string map_type_name(uint32_t type) {
  if (const char* name = libbpf_bpf_map_type_str(static_cast<bpf_map_type>(type))) return name;
  for (const auto& [number, name] : kNewerTypes)
    if (number == type) return name;
  return "type " + std::to_string(type);
}

bool has_value_per_cpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

std::optional<uint64_t> descriptor_number(std::string_view fdinfo, std::string_view key) {
  const std::string begin = std::string(key) + ":\t";
  while (!fdinfo.empty()) {
    const std::string_view line = fdinfo.substr(0, fdinfo.find('\n'));
    uint64_t number = 0;
    if (line.starts_with(begin) &&
        std::from_chars(line.data() + begin.size(), line.data() + line.size(), number).ec == std::errc{})
      return number;
    fdinfo.remove_prefix(std::min(line.size() + 1, fdinfo.size()));
  }
  return std::nullopt;
}

std::string descriptor_text(int fd) {
  return kernel::read_file_at(AT_FDCWD, "/proc/self/fdinfo/" + std::to_string(fd), 4096).value_or("");
}

base::Result<MapInfo> map_info(int map_fd) {
  bpf_map_info raw{};
  uint32_t size = sizeof raw;
  if (const int error = bpf_obj_get_info_by_fd(map_fd, &raw, &size); error != 0)
    return base::fail_errno(-error, "asking about a map");
  MapInfo info;
  info.id = raw.id;
  info.type = raw.type;
  info.type_name = map_type_name(raw.type);
  info.name.assign(raw.name, strnlen(raw.name, sizeof raw.name));
  info.key_bytes = raw.key_size;
  info.value_bytes = raw.value_size;
  info.max_entries = raw.max_entries;
  info.flags = raw.map_flags;
  info.interface = raw.ifindex;
  info.btf_id = raw.btf_id;
  info.key_type = raw.btf_key_type_id;
  info.value_type = raw.btf_value_type_id;
  info.kernel_value_type = raw.btf_vmlinux_value_type_id;
  const std::string text = descriptor_text(map_fd);
  info.memory_bytes = descriptor_number(text, "memlock").value_or(0);
  info.frozen = descriptor_number(text, "frozen").value_or(0) != 0;
  info.owner_program_type = static_cast<uint32_t>(descriptor_number(text, "owner_prog_type").value_or(0));
  info.owner_jited = descriptor_number(text, "owner_jited").value_or(0) != 0;
  return info;
}

}  // namespace weir::lab
