// SPDX-License-Identifier: Apache-2.0
#include "kernel/pseudo_mount.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <initializer_list>

namespace weir::kernel {
namespace {

base::Result<base::UniqueFd> open_as_mounted_or_detached(const char* filesystem,
                                                         decltype(statfs::f_type) magic,
                                                         std::initializer_list<const char*> places) {
  for (const char* place : places) {
    base::UniqueFd folder(open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct statfs type {};
    if (folder.valid() && fstatfs(folder.get(), &type) == 0 && type.f_type == magic) return folder;
  }
  return mount_detached(filesystem);
}

}  // namespace

base::Result<base::UniqueFd> mount_detached(const char* filesystem) {
  const std::string name = filesystem;
  const base::UniqueFd context(fsopen(filesystem, FSOPEN_CLOEXEC));
  if (!context.valid()) {
    if (errno == ENODEV) return base::fail(base::ErrorKind::unsupported, "this kernel has no " + name, errno);
    if (errno == ENOSYS)
      return base::fail(base::ErrorKind::unsupported, name + " is not mounted, and fsopen needs Linux 5.2",
                        errno);
    if (errno == EPERM)
      return base::fail(base::ErrorKind::permission,
                        name + " is not mounted, and mounting it needs CAP_SYS_ADMIN", EPERM);
    return base::fail_errno(errno, "fsopen " + name);
  }
  if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return base::fail_errno(errno, "making a mount of " + name);
  const base::UniqueFd mount(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount.valid()) return base::fail_errno(errno, "fsmount " + name);
  // fsmount gives an O_PATH descriptor; attaching to a cgroup wants a real one. An open folder keeps the
  // mount alive.
  base::UniqueFd root(openat(mount.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return base::fail_errno(errno, "opening a detached " + name);
  return root;
}

base::Result<base::UniqueFd> open_tracefs() {
  return open_as_mounted_or_detached("tracefs", TRACEFS_MAGIC,
                                     {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"});
}

base::Result<base::UniqueFd> open_securityfs() {
  return open_as_mounted_or_detached("securityfs", SECURITYFS_MAGIC, {"/sys/kernel/security"});
}

base::Result<std::string> read_file_at(int folder, const std::string& path, size_t limit) {
  const base::UniqueFd file(openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return base::fail_errno(errno, path);
  std::string text(limit, '\0');
  size_t used = 0;
  while (used < limit) {
    const ssize_t size = read(file.get(), text.data() + used, limit - used);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return base::fail_errno(errno, "reading " + path);
    if (size == 0) break;
    used += static_cast<size_t>(size);
  }
  text.resize(used);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace weir::kernel
