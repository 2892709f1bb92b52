// SPDX-License-Identifier: Apache-2.0
// Probes of what every program stands on: types, the JIT, maps, statistics.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.h"
#include "kernel/probe.h"
#include "kernel/pseudo_mount.h"
#include "kernel/tiny_program.h"

namespace weir::kernel::probe {

Answer btf(const Ground& ground) {
  const base::UniqueFd file(open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return base::fail_errno(errno, "/sys/kernel/btf/vmlinux");
  struct stat size {};
  if (ground.types == nullptr || fstat(file.get(), &size) != 0)
    return base::fail(base::ErrorKind::unsupported, "/sys/kernel/btf/vmlinux is not BTF that libbpf reads");
  return std::to_string(btf__type_cnt(ground.types)) + " types, " + std::to_string(size.st_size / 1024) +
         " KiB";
}

Answer jit(const Ground& ground) {
  const auto enabled = read_file_at(AT_FDCWD, "/proc/sys/net/core/bpf_jit_enable");
  if (!enabled) {
    if (ground.config.is_set("CONFIG_BPF_JIT_ALWAYS_ON")) return std::string("always on");
    return base::fail_within(enabled.error(), "net.core.bpf_jit_enable");
  }
  if (*enabled == "0")
    return base::fail(base::ErrorKind::unsupported,
                      "off: programs are interpreted; `sysctl net.core.bpf_jit_enable=1`");
  return std::string();
}

Answer ring_buffer(const Ground&) {
  const auto page = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  const int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "weir_probe", 0, 0, page, nullptr);
  if (fd < 0) return base::fail_errno(-fd, "making a ring buffer");
  const base::UniqueFd owned(fd);
  return std::string();
}

Answer batch_map_ops(const Ground&) {
  const int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "weir_probe", 4, 8, 4, nullptr);
  if (fd < 0) return base::fail_errno(-fd, "making a hash map");
  const base::UniqueFd owned(fd);
  const uint32_t key = 1;
  const uint64_t value = 2;
  if (const int error = bpf_map_update_elem(fd, &key, &value, BPF_ANY); error != 0)
    return base::fail_errno(-error, "filling a hash map");
  std::array<uint32_t, 4> keys{};
  std::array<uint64_t, 4> values{};
  uint32_t next = 0, count = keys.size();
  const int error = bpf_map_lookup_batch(fd, nullptr, &next, keys.data(), values.data(), &count, nullptr);
  if (error != 0 && error != -ENOENT)
    return base::fail_errno(-error, "BPF_MAP_LOOKUP_BATCH");  // ENOENT: read to the end
  if (count != 1 || keys[0] != key || values[0] != value)
    return base::fail(base::ErrorKind::unsupported, "BPF_MAP_LOOKUP_BATCH did not give what is in the map");
  return std::string();
}

Answer statistics(const Ground&) {
  const int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) return base::fail_errno(-fd, "BPF_ENABLE_STATS");
  const base::UniqueFd owned(fd);
  return std::string();
}

Answer cast_to_kernel_context(const Ground& ground) {
  const int id = ground.types == nullptr
                     ? -ENOENT
                     : btf__find_by_name_kind(ground.types, "bpf_cast_to_kern_ctx", BTF_KIND_FUNC);
  if (id < 0)
    return base::fail(base::ErrorKind::unsupported, "the kernel has no function bpf_cast_to_kern_ctx");
  const std::array body{call_kernel_function(id), move_constant(BPF_REG_0, 1), leave()};
  const auto program = load_tiny_program(
      {.type = BPF_PROG_TYPE_CGROUP_SKB, .expected_attach_type = BPF_CGROUP_INET_EGRESS, .body = body});
  if (!program) return tl::unexpected(program.error());
  return std::string();
}

}  // namespace weir::kernel::probe
