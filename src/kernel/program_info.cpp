// SPDX-License-Identifier: Apache-2.0
#include "kernel/program_info.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace weir::kernel {

base::Result<ProgramInfo> program_info_by_fd(int program_fd) {
  bpf_prog_info raw{};
  uint32_t size = sizeof raw;
  if (int error = bpf_obj_get_info_by_fd(program_fd, &raw, &size); error != 0)
    return base::fail_errno(-error, "asking about a program");
  ProgramInfo info;
  info.id = raw.id;
  info.type = raw.type;
  info.name.assign(raw.name, strnlen(raw.name, sizeof raw.name));
  const char* type = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(raw.type));
  info.type_name = type != nullptr ? type : "type " + std::to_string(raw.type);
  return info;
}

base::Result<ProgramInfo> program_info(uint32_t id) {
  const int fd = bpf_prog_get_fd_by_id(id);
  if (fd < 0) return base::fail_errno(-fd, "opening program " + std::to_string(id));
  const base::UniqueFd owned(fd);
  return program_info_by_fd(fd);
}

std::string describe_program(uint32_t id) {
  const auto info = program_info(id);
  if (!info || info->name.empty()) return "program " + std::to_string(id);
  return info->name + " (id " + std::to_string(id) + ")";
}

}  // namespace weir::kernel
