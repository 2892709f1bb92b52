// SPDX-License-Identifier: Apache-2.0
#include "lab/object_holders.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <set>
#include <string_view>

#include "base/unique_fd.h"
#include "kernel/cgroup_mount.h"
#include "kernel/pseudo_mount.h"
#include "lab/map_info.h"

namespace weir::lab {
namespace {

constexpr int kDeepestFolder = 16;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

struct IdKey {
  std::string_view target;  // how the link in /proc/PID/fd begins
  ObjectKind kind;
  std::string_view key;  // in fdinfo
};
constexpr std::array kIdKeys{
    IdKey{"anon_inode:bpf-prog", ObjectKind::program, "prog_id"},
    IdKey{"anon_inode:bpf-map", ObjectKind::map, "map_id"},
    IdKey{"anon_inode:bpf_link", ObjectKind::link, "link_id"},
    IdKey{"anon_inode:btf", ObjectKind::btf, "btf_id"},
};

const IdKey* key_of(std::string_view target) {
  for (const IdKey& key : kIdKeys)
    if (target.starts_with(key.target)) return &key;
  return nullptr;
}

std::vector<std::string> bpffs_mounts() {
  std::vector<std::string> mounts;
  constexpr size_t kMostMounts = size_t{1} << 22;
  const auto text = kernel::read_file_at(AT_FDCWD, "/proc/self/mountinfo", kMostMounts);
  if (!text) return mounts;
  for (kernel::MountInfo& mount : kernel::parse_mountinfo(*text))
    if (mount.filesystem == "bpf") mounts.push_back(std::move(mount.point));
  // Of several at one place only the last is to be seen.
  std::sort(mounts.begin(), mounts.end());
  mounts.erase(std::unique(mounts.begin(), mounts.end()), mounts.end());
  return mounts;
}

}  // namespace

ObjectHolders ObjectHolders::find() {
  ObjectHolders self;
  const Folder processes(opendir("/proc"));
  while (processes) {
    const dirent* entry = readdir(processes.get());
    if (entry == nullptr) break;
    int pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr == end && pid > 0 && pid != getpid())
      self.read_process(pid);
  }
  for (const std::string& mount : bpffs_mounts()) self.read_folder(mount, 0);
  return self;
}

void ObjectHolders::hold(ObjectKind kind, uint32_t id, const Holder& holder) {
  Held& held = held_[{kind, id}];
  if (held.holders.size() < kMostHolders)
    held.holders.push_back(holder);
  else
    ++held.more_holders;
}

void ObjectHolders::read_process(int pid) {
  const std::string home = "/proc/" + std::to_string(pid);
  const Folder folder(opendir((home + "/fd").c_str()));
  if (!folder) {
    if (errno == EACCES || errno == EPERM) ++hidden_processes_;
    return;
  }
  std::set<std::pair<ObjectKind, uint32_t>> found;
  while (const dirent* entry = readdir(folder.get())) {
    std::array<char, 64> target{};
    const ssize_t size = readlinkat(dirfd(folder.get()), entry->d_name, target.data(), target.size());
    const IdKey* key = key_of({target.data(), size < 0 ? 0 : static_cast<size_t>(size)});
    if (key == nullptr) continue;
    const auto text = kernel::read_file_at(AT_FDCWD, home + "/fdinfo/" + entry->d_name, 4096);
    if (!text) continue;
    if (const auto id = descriptor_number(*text, key->key); id && *id != 0)
      found.emplace(key->kind, static_cast<uint32_t>(*id));
  }
  if (found.empty()) return;
  const Holder holder{pid, kernel::read_file_at(AT_FDCWD, home + "/comm", 64).value_or("")};
  for (const auto& [kind, id] : found) hold(kind, id, holder);
}

void ObjectHolders::read_folder(const std::string& folder, int depth) {
  if (depth > kDeepestFolder) return;
  const Folder open(opendir(folder.c_str()));
  if (!open) return;
  std::vector<std::string> folders;
  while (const dirent* entry = readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (++pins_ > kMostPins) return;
    const std::string path = folder + "/" + entry->d_name;
    if (entry->d_type == DT_DIR)
      folders.push_back(path);
    else if (entry->d_type == DT_REG)  // a symbolic link's target is found where it lies
      read_pin(path);
  }
  for (const std::string& path : folders) read_folder(path, depth + 1);
}

void ObjectHolders::read_pin(const std::string& path) {
  const int fd = bpf_obj_get(path.c_str());
  if (fd < 0) return;
  const base::UniqueFd object(fd);
  const auto kind = kind_of_descriptor(fd);
  if (!kind) return;
  for (const IdKey& key : kIdKeys)
    if (key.kind == *kind)
      if (const auto id = descriptor_number(descriptor_text(fd), key.key))
        held_[{*kind, static_cast<uint32_t>(*id)}].pins.push_back(path);
}

const Held& ObjectHolders::of(ObjectKind kind, uint32_t id) const {
  static const Held kNobody;
  const auto found = held_.find({kind, id});
  return found == held_.end() ? kNobody : found->second;
}

}  // namespace weir::lab
