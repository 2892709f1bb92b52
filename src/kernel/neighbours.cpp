// SPDX-License-Identifier: Apache-2.0
#include "kernel/neighbours.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>

#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/program_info.h"
#include "kernel/pseudo_mount.h"

namespace weir::kernel {
namespace {

constexpr uint32_t kMostPrograms = 64;  // BPF_CGROUP_MAX_PROGS and BPF_MPROG_MAX

/// The cgroup hooks that see a packet or a socket.
constexpr std::array kCgroupHooks{
    BPF_CGROUP_INET_INGRESS,      BPF_CGROUP_INET_EGRESS,     BPF_CGROUP_INET_SOCK_CREATE,
    BPF_CGROUP_INET_SOCK_RELEASE, BPF_CGROUP_SOCK_OPS,        BPF_CGROUP_INET4_CONNECT,
    BPF_CGROUP_INET6_CONNECT,     BPF_CGROUP_UDP4_SENDMSG,    BPF_CGROUP_UDP6_SENDMSG,
    BPF_CGROUP_UDP4_RECVMSG,      BPF_CGROUP_UDP6_RECVMSG,    BPF_CGROUP_INET4_BIND,
    BPF_CGROUP_INET6_BIND,        BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND,
    BPF_CGROUP_GETSOCKOPT,        BPF_CGROUP_SETSOCKOPT,
};

struct Names {
  void operator()(struct if_nameindex* names) const { if_freenameindex(names); }
};
struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// The number behind "key:" at a line's start in fdinfo.
uint32_t field(std::string_view text, std::string_view key) {
  size_t at = text.find(key);
  if (at == std::string_view::npos) return 0;
  at = text.find_first_not_of(" \t", at + key.size());
  uint32_t value = 0;
  if (at != std::string_view::npos) std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

void read_process(int pid, std::map<uint32_t, std::vector<Owner>>& owners) {
  const std::string home = "/proc/" + std::to_string(pid);
  const Folder folder(opendir((home + "/fd").c_str()));
  if (!folder) return;
  std::set<uint32_t> held;
  while (const dirent* entry = readdir(folder.get())) {
    std::array<char, 64> target{};
    const ssize_t size = readlinkat(dirfd(folder.get()), entry->d_name, target.data(), target.size());
    const std::string_view name(target.data(), size < 0 ? 0 : static_cast<size_t>(size));
    if (!name.starts_with("anon_inode:bpf-prog") && !name.starts_with("anon_inode:bpf_link")) continue;
    if (const auto info = read_file_at(AT_FDCWD, home + "/fdinfo/" + entry->d_name, 4096))
      held.insert(field(*info, "prog_id:"));
  }
  held.erase(0);
  if (held.empty()) return;
  const std::string name = read_file_at(AT_FDCWD, home + "/comm", 64).value_or("");
  for (const uint32_t id : held) owners[id].push_back({pid, name});
}

/// Program id -> the processes that hold it. Other users' need CAP_SYS_PTRACE.
std::map<uint32_t, std::vector<Owner>> find_owners() {
  std::map<uint32_t, std::vector<Owner>> owners;
  const Folder processes(opendir("/proc"));
  while (processes) {
    const dirent* entry = readdir(processes.get());
    if (entry == nullptr) break;
    int pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr == end && pid > 0 && pid != getpid())
      read_process(pid, owners);
  }
  return owners;
}

class Search {
 public:
  explicit Search(Neighbourhood& into) : into_(into) {}

  void xdp(unsigned ifindex, const std::string& name) {
    bpf_xdp_query_opts query{};
    query.sz = sizeof query;
    if (const int error = bpf_xdp_query(static_cast<int>(ifindex), 0, &query); error != 0)
      return note("XDP", -error);
    const auto add_xdp = [&](const char* hook, uint32_t id) {
      if (id != 0) add(hook, name, id).exclusive = true;
    };
    add_xdp("xdp native", query.drv_prog_id);
    add_xdp("xdp generic", query.skb_prog_id);
    add_xdp("xdp in hardware", query.hw_prog_id);
    if (query.drv_prog_id == 0 && query.skb_prog_id == 0 && query.hw_prog_id == 0)
      add_xdp("xdp", query.prog_id);
  }

  void tcx(unsigned ifindex, const std::string& name) {
    for (const auto& [type, hook] :
         {std::pair{kAttachTcxIngress, "tcx ingress"}, std::pair{kAttachTcxEgress, "tcx egress"}}) {
      std::array<uint32_t, kMostPrograms> ids{};
      uint32_t count = ids.size();
      const int error = bpf_prog_query(static_cast<int>(ifindex), static_cast<bpf_attach_type>(type), 0,
                                       nullptr, ids.data(), &count);
      if (error == -EINVAL) return;  // below Linux 6.6
      if (error != 0 && error != -ENOENT) return note("tcx", -error);
      for (uint32_t i = 0; error == 0 && i < std::min<uint32_t>(count, ids.size()); ++i)
        add(hook, name, ids[i]);
    }
  }

  void clsact() {
    const auto filters = list_tc_filters();
    if (!filters) {
      into_.notes.push_back("tc filters: " + filters.error().message);
      return;
    }
    std::set<std::tuple<unsigned, Traffic, uint32_t>> seen;
    for (const TcFilter& filter : *filters) {
      // u32 and others list tables beside their rules: one line for each priority says enough.
      if (filter.program_id == 0 && !seen.emplace(filter.ifindex, filter.traffic, filter.priority).second)
        continue;
      char name[IF_NAMESIZE] = "?";
      if_indextoname(filter.ifindex, name);
      Neighbour& found = add(filter.traffic == Traffic::ingress ? "clsact ingress" : "clsact egress", name,
                             filter.program_id);
      found.kind = filter.kind;
      found.priority = filter.priority;
      found.weirs = is_weirs(filter);
      if (!filter.name.empty() && found.program_name.empty()) found.program_name = filter.name;
    }
  }

  void cgroup(int fd) {
    for (const bpf_attach_type type : kCgroupHooks) {
      std::array<uint32_t, kMostPrograms> ids{};
      uint32_t count = ids.size(), flags = 0;
      // Effective: in a container's subtree, those that the folders above hand down as well.
      int error = bpf_prog_query(fd, type, BPF_F_QUERY_EFFECTIVE, nullptr, ids.data(), &count);
      if (error == -EINVAL) continue;  // a hook that this kernel has not
      if (error != 0) return note("cgroup2 root", -error);
      uint32_t direct = 0;
      error = bpf_prog_query(fd, type, 0, &flags, nullptr, &direct);
      // kernel/bpf/cgroup.c __cgroup_bpf_attach: links need what is there to have been attached with "multi".
      const bool exclusive = error == 0 && direct > 0 && (flags & BPF_F_ALLOW_MULTI) == 0;
      const char* name = libbpf_bpf_attach_type_str(type);
      for (uint32_t i = 0; i < std::min<uint32_t>(count, ids.size()); ++i)
        add(name != nullptr ? name : "cgroup", "cgroup2 root", ids[i]).exclusive = exclusive;
    }
  }

  void finish() {
    if (into_.neighbours.empty()) return;
    const auto owners = find_owners();
    for (Neighbour& one : into_.neighbours) {
      const auto found = owners.find(one.program_id);
      if (one.program_id == 0 || found == owners.end()) continue;
      one.owners = found->second;
      one.weirs = one.weirs || std::any_of(one.owners.begin(), one.owners.end(),
                                           [](const Owner& owner) { return owner.name == "weir"; });
    }
  }

 private:
  Neighbour& add(std::string hook, std::string place, uint32_t program_id) {
    Neighbour one;
    one.hook = std::move(hook);
    one.place = std::move(place);
    one.program_id = program_id;
    if (program_id != 0)
      if (const auto info = program_info(program_id)) one.program_name = info->name;
    return into_.neighbours.emplace_back(std::move(one));
  }

  /// Once for each subject.
  void note(const std::string& subject, int error) {
    std::string sentence = subject + ": could not look: " + std::strerror(error);
    if (std::find(into_.notes.begin(), into_.notes.end(), sentence) == into_.notes.end())
      into_.notes.push_back(std::move(sentence));
  }

  Neighbourhood& into_;
};

}  // namespace

Neighbourhood find_neighbours(int cgroup_fd) {
  Neighbourhood found;
  Search search(found);
  const std::unique_ptr<struct if_nameindex, Names> interfaces(if_nameindex());
  for (const struct if_nameindex* one = interfaces.get(); one != nullptr && one->if_index != 0; ++one) {
    search.xdp(one->if_index, one->if_name);
    search.tcx(one->if_index, one->if_name);
  }
  search.clsact();
  if (cgroup_fd >= 0) search.cgroup(cgroup_fd);
  search.finish();
  return found;
}

}  // namespace weir::kernel
