// SPDX-License-Identifier: Apache-2.0
// What the kernel says about one loaded program; nothing about what it is for.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::kernel {

struct ProgramInfo {
  uint32_t id = 0;
  uint32_t type = 0;      // enum bpf_prog_type
  std::string name;       // cut to 15 characters by the kernel; empty where it has none
  std::string type_name;  // "sched_cls", "xdp", ...
};

/// Needs CAP_SYS_ADMIN: ids are handed out to the administrator only.
base::Result<ProgramInfo> program_info(uint32_t id);

/// Of a program that is already open; needs no privilege.
base::Result<ProgramInfo> program_info_by_fd(int program_fd);

/// "cil_from_netdev (id 12)", or "program 12" where its name is not to be had.
std::string describe_program(uint32_t id);

}  // namespace weir::kernel
