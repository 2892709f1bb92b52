// SPDX-License-Identifier: Apache-2.0
// What the kernel says about one map; nothing about what is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::lab {

struct MapInfo {
  uint32_t id = 0;
  uint32_t type = 0;      // enum bpf_map_type
  std::string type_name;  // "lru_percpu_hash"
  std::string name;       // 15 characters at most
  uint32_t key_bytes = 0;
  uint32_t value_bytes = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;
  uint32_t interface = 0;  // of an offloaded map
  uint32_t btf_id = 0;
  uint32_t key_type = 0;           // in `btf_id`
  uint32_t value_type = 0;         // in `btf_id`
  uint32_t kernel_value_type = 0;  // struct_ops: in the kernel's BTF
  uint64_t memory_bytes = 0;
  bool frozen = false;
  uint32_t owner_program_type = 0;  // of a prog_array
  bool owner_jited = false;
};

base::Result<MapInfo> map_info(int map_fd);

/// "hash"; "type 99" for one that is newer than this program.
std::string map_type_name(uint32_t type);
bool has_value_per_cpu(uint32_t type);

/// The number after "key:\t" in /proc/self/fdinfo; nothing where there is none.
std::optional<uint64_t> descriptor_number(std::string_view fdinfo, std::string_view key);
/// /proc/self/fdinfo of a descriptor of ours.
std::string descriptor_text(int fd);

}  // namespace weir::lab
