// SPDX-License-Identifier: Apache-2.0
// What the kernel says about one loaded program; its instructions are asked for elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::lab {

struct ProgramDetails {
  uint32_t id = 0;
  uint32_t type = 0;      // enum bpf_prog_type
  std::string type_name;  // "sched_cls"
  std::string name;       // whole where BTF tells it, else its first 15 characters
  std::string tag;        // 16 hex digits
  bool gpl_compatible = false;
  int64_t loaded_unix_ns = 0;
  uint32_t user = 0;  // who loaded it
  uint32_t xlated_bytes = 0;
  uint32_t jited_bytes = 0;  // 0: interpreted, or not to be seen without CAP_BPF
  uint64_t memory_bytes = 0;
  std::vector<uint32_t> maps;
  uint32_t btf_id = 0;
  uint32_t interface = 0;  // of an offloaded program
  uint32_t attach_btf_object = 0;
  uint32_t attach_btf_type = 0;
  uint32_t verified_instructions = 0;
  uint64_t runs = 0;         // while statistics were on
  uint64_t run_time_ns = 0;  // of these
  uint64_t recursion_misses = 0;
};

base::Result<ProgramDetails> program_details(int program_fd);

std::string program_type_name(uint32_t type);
/// "cgroup_inet_ingress"; "type 99" for one that is newer than this program.
std::string attach_type_name(uint32_t type);

/// While the descriptor lives the kernel counts runs and their time, some 20 ns a run. Needs CAP_SYS_ADMIN
/// and Linux 5.8.
base::Result<base::UniqueFd> count_runs();

}  // namespace weir::lab
