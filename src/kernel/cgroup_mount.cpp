// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_mount.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "kernel/pseudo_mount.h"

namespace weir::kernel {
namespace {

/// mountinfo writes space, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto octal = [&](size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// cgroup.type exists in every cgroup but the true root, also in the root of a cgroup namespace
/// (Documentation/admin-guide/cgroup-v2.rst).
bool is_true_root(int fd) {
  return faccessat(fd, "cgroup.type", F_OK, 0) != 0 && errno == ENOENT;
}

struct Opened {
  base::UniqueFd fd;
  std::string path;
  bool whole = false;
};

/// Empty where something else is mounted over it.
std::optional<Opened> open_mounted(const std::string& point) {
  Opened opened{base::UniqueFd(open(point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), point, false};
  struct statfs type {};
  if (!opened.fd.valid() || fstatfs(opened.fd.get(), &type) != 0 || type.f_type != CGROUP2_SUPER_MAGIC)
    return std::nullopt;
  opened.whole = is_true_root(opened.fd.get());
  return opened;
}

base::Result<Opened> open_detached() {
  auto root = mount_detached("cgroup2");
  if (!root) return tl::unexpected(std::move(root).error());
  const bool whole = is_true_root(root->get());
  return Opened{std::move(*root), "", whole};
}

/// The first cgroup namespace has a fixed inode number: include/linux/proc_ns.h PROC_CGROUP_INIT_INO.
bool in_cgroup_namespace() {
  char target[64] = {};
  const ssize_t size = readlink("/proc/self/ns/cgroup", target, sizeof target - 1);
  return size > 0 && std::string_view(target, static_cast<size_t>(size)) != "cgroup:[4026531835]";
}

}  // namespace

std::vector<MountInfo> parse_mountinfo(std::string_view text) {
  std::vector<MountInfo> mounts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    // 36 35 98:0 /root /point options [optional fields] - filesystem source super-options
    std::istringstream words(line);
    std::string id, parent, device, root, point, options, word, filesystem;
    if (!(words >> id >> parent >> device >> root >> point >> options)) continue;
    while (words >> word && word != "-") {
    }
    if (word != "-" || !(words >> filesystem)) continue;
    mounts.push_back({unescape(root), unescape(point), filesystem});
  }
  return mounts;
}

base::Result<CgroupMount> open_cgroup2() {
  std::ifstream file("/proc/self/mountinfo");
  std::ostringstream text;
  text << file.rdbuf();

  std::optional<Opened> best;
  for (const MountInfo& mount : parse_mountinfo(text.str())) {
    if (mount.filesystem != "cgroup2") continue;
    auto opened = open_mounted(mount.point);
    if (!opened || (best && (best->whole || !opened->whole))) continue;
    best = std::move(opened);
  }

  CgroupMount found;
  if (!best || !best->whole) {
    auto detached = open_detached();
    if (!detached && !best) return tl::unexpected(std::move(detached).error());
    if (detached && (detached->whole || !best)) {
      found.notes.push_back(best ? "only a part of cgroup2 is mounted, at " + best->path +
                                       ": used a detached mount of the whole"
                                 : "cgroup2 is not mounted: used a detached mount");
      best = std::move(*detached);
    }
  }
  found.root = std::move(best->fd);
  found.path = std::move(best->path);
  found.whole_node = best->whole;
  if (!found.whole_node)
    found.notes.push_back(
        in_cgroup_namespace()
            ? "inside a cgroup namespace: only sockets of this container's subtree are seen"
            : "only a subtree of cgroup2 is to be had: only sockets of its processes are seen");
  return found;
}

}  // namespace weir::kernel
