// SPDX-License-Identifier: Apache-2.0
#include "identity/process_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace weir::identity {
namespace {

constexpr int kKernfsHandle = 0xfe;  // FILEID_KERNFS, include/linux/exportfs.h
constexpr size_t kContainerDigits = 64;

std::string link_target(const std::string& path) {
  std::array<char, 4096> target;
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  return length > 0 ? std::string(target.data(), static_cast<size_t>(length)) : std::string();
}

std::string read_small_file(const std::string& path) {
  base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const ssize_t length = file.valid() ? read(file.get(), text.data(), text.size()) : -1;
  return length > 0 ? std::string(text.data(), static_cast<size_t>(length)) : std::string();
}

std::string base_name(std::string path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

ProcessTable::ProcessTable(int cgroup_root, std::string proc)
    : cgroup_root_(cgroup_root), proc_(std::move(proc)) {
  if (cgroup_root_ >= 0) cgroup_root_path_ = link_target("/proc/self/fd/" + std::to_string(cgroup_root_));
}

decode::ProcessPtr ProcessTable::resolve(const socket_owner& owner) {
  const Id id{owner.start_ns, owner.pid};
  if (const decode::ProcessPtr* known = processes_.find(id)) return *known;
  auto process = std::make_shared<decode::Process>();
  process->pid = owner.pid;
  process->uid = owner.uid;
  process->start_ns = owner.start_ns;
  process->cgroup_id = owner.cgroup_id;
  process->comm.assign(reinterpret_cast<const char*>(owner.comm),
                       strnlen(reinterpret_cast<const char*>(owner.comm), sizeof(owner.comm)));
  process->executable = process->comm;
  if (is_alive(owner)) {
    const std::string target = link_target(proc_ + "/" + std::to_string(owner.pid) + "/exe");
    if (!target.empty()) process->executable = base_name(target);
  } else {
    unreadable_++;
  }
  process->cgroup_path = cgroup_path(owner.cgroup_id);
  process->container_id = container_of(process->cgroup_path);
  return processes_.put(id, std::move(process));
}

/// The pid still names the process that the kernel saw.
bool ProcessTable::is_alive(const socket_owner& owner) const {
  const long ticks_per_second = sysconf(_SC_CLK_TCK);
  const uint64_t ticks = start_ticks(read_small_file(proc_ + "/" + std::to_string(owner.pid) + "/stat"));
  return ticks != 0 && ticks == owner.start_ns / (1'000'000'000 / static_cast<uint64_t>(ticks_per_second));
}

/// A cgroup's id is its folder's file handle (fs/kernfs/mount.c kernfs_encode_fh).
std::string ProcessTable::cgroup_path(uint64_t cgroup_id) {
  if (cgroup_root_ < 0 || cgroup_id == 0) return {};
  if (const std::string* known = cgroups_.find(cgroup_id)) return *known;
  union {
    file_handle handle;
    char room[sizeof(file_handle) + sizeof(cgroup_id)];
  } request{};
  request.handle.handle_bytes = sizeof(cgroup_id);
  request.handle.handle_type = kKernfsHandle;
  std::memcpy(request.handle.f_handle, &cgroup_id, sizeof(cgroup_id));
  std::string path;
  if (base::UniqueFd folder(open_by_handle_at(cgroup_root_, &request.handle, O_PATH | O_CLOEXEC));
      folder.valid()) {
    path = link_target("/proc/self/fd/" + std::to_string(folder.get()));
    if (cgroup_root_path_.size() > 1 && path.starts_with(cgroup_root_path_))
      path.erase(0, cgroup_root_path_.size());
    if (path.empty()) path = "/";
  }
  return cgroups_.put(cgroup_id, std::move(path));
}

uint64_t start_ticks(const std::string& stat_text) {
  const size_t after_name = stat_text.rfind(')');
  if (after_name == std::string::npos) return 0;
  size_t at = after_name;
  for (int field = 2; field < 22; field++) {
    at = stat_text.find(' ', at + 1);
    if (at == std::string::npos) return 0;
  }
  return std::strtoull(stat_text.c_str() + at + 1, nullptr, 10);
}

std::string container_of(const std::string& cgroup_path) {
  size_t run = 0;
  for (size_t i = cgroup_path.size(); i-- > 0;) {
    run = std::isxdigit(static_cast<unsigned char>(cgroup_path[i])) ? run + 1 : 0;
    const bool begins = i == 0 || !std::isxdigit(static_cast<unsigned char>(cgroup_path[i - 1]));
    if (run == kContainerDigits && begins) return cgroup_path.substr(i, kContainerDigits);
  }
  return {};
}

}  // namespace weir::identity
