// SPDX-License-Identifier: Apache-2.0
#include "lab/placement.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/tracepoint.h"
#include "lab/attach_targets.h"
#include "lab/libbpf_messages.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr uint64_t kClockHertz = 99;  // of SEC("perf_event"): not in step with the kernel's own ticks

std::string section_of(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  return std::string(section.starts_with('?') ? section.substr(1) : section);
}

std::string interface_list() {
  const auto all = kernel::list_interfaces();
  std::string names;
  for (const kernel::Interface& one : all ? *all : std::vector<kernel::Interface>{})
    names += (names.empty() ? "" : ", ") + one.name;
  return names;
}

/// "xdp.frags/devmap" and the like run where another program sends packets, not at an interface.
bool is_called_only(std::string_view section) {
  return section.ends_with("/devmap") || section.ends_with("/cpumap");
}

kernel::Traffic traffic_of(const bpf_program* program, std::string_view section) {
  const auto type = static_cast<uint32_t>(bpf_program__expected_attach_type(program));
  const bool egress = type == kernel::kAttachTcxEgress || section.ends_with("egress");
  return egress ? kernel::Traffic::egress : kernel::Traffic::ingress;
}

/// With the program's name in front, and what else the kernel has.
base::Error refused(const bpf_program* program, const base::Error& why) {
  const std::string section = section_of(program);
  base::Error error = why;
  error.message = std::string(bpf_program__name(program)) + " (" + section + "): " + why.message;
  const std::string advice = target_advice(section, AttachTargets::of_running_kernel({section}));
  if (!advice.empty()) error.message += ". " + advice;
  return error;
}

base::Error of_errno(int problem, const LibbpfMessages& messages) {
  std::string text = std::strerror(problem);
  if (!messages.lines().empty()) text = messages.lines().back();
  return base::fail_errno(problem, "cannot be attached: " + text).value();
}

}  // namespace

void Placement::note(bpf_program* program, std::string where) {
  placed_.push_back({bpf_program__name(program), std::move(where)});
}

Result<> Placement::put_at_interfaces(bpf_program* program) {
  const std::string section = section_of(program);
  const int fd = bpf_program__fd(program);
  const bpf_prog_type type = bpf_program__type(program);
  if (is_called_only(section)) {
    left_.push_back({bpf_program__name(program), "runs where another program sends a packet"});
    return {};
  }
  if (type == BPF_PROG_TYPE_SOCKET_FILTER && places_.interfaces.empty()) {
    if (auto done = attachments_.attach_packet_socket(fd, 0); !done) return done;
    note(program, "packet socket on every interface");
    return {};
  }
  if (places_.interfaces.empty())
    return base::fail(ErrorKind::bad_input, "needs an interface: -i NAME; there are " + interface_list());
  for (const kernel::Interface& at : places_.interfaces) {
    const kernel::Traffic traffic = traffic_of(program, section);
    const bool out = traffic == kernel::Traffic::egress;
    Result<> done;
    std::string where;
    if (type == BPF_PROG_TYPE_XDP) {
      done = attachments_.attach_xdp(fd, at.index);
      where = "xdp on ";
    } else if (type == BPF_PROG_TYPE_SOCKET_FILTER) {
      done = attachments_.attach_packet_socket(fd, at.index);
      where = "packet socket on ";
    } else {
      done = attachments_.attach_tc(fd, at.index, traffic);
      where = attachments_.tc_hook() + (out ? " egress of " : " ingress of ");
    }
    if (!done) return base::fail_within(std::move(done.error()), at.name);
    note(program, where + at.name);
  }
  return {};
}

Result<> Placement::put_at_cgroup(bpf_program* program) {
  if (places_.cgroup < 0)
    return base::fail(ErrorKind::unsupported, "needs a cgroup, and no cgroup2 is to be had here");
  const bpf_attach_type type = bpf_program__type(program) == BPF_PROG_TYPE_SOCK_OPS
                                   ? BPF_CGROUP_SOCK_OPS
                                   : bpf_program__expected_attach_type(program);
  auto done = attachments_.attach_cgroup(bpf_program__fd(program), places_.cgroup, type);
  if (done) note(program, "cgroup " + places_.cgroup_name);
  return done;
}

Result<> Placement::put_at_tracepoint(bpf_program* program) {
  const std::string section = section_of(program);
  const size_t first = section.find('/'), second = section.find('/', first + 1);
  if (first == std::string::npos || second == std::string::npos)
    return base::fail(ErrorKind::bad_input,
                      "names no tracepoint: SEC(\"tp/CATEGORY/NAME\"), as in tp/syscalls/sys_enter_execve");
  const std::string category = section.substr(first + 1, second - first - 1),
                    name = section.substr(second + 1);
  auto done = attachments_.attach_tracepoint(bpf_program__fd(program), category, name);
  if (done) note(program, "tracepoint " + category + "/" + name);
  return done;
}

Result<> Placement::put_at_clock(bpf_program* program) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.freq = 1;
  attributes.sample_freq = kClockHertz;
  const int cpus = libbpf_num_possible_cpus();
  int on = 0;
  for (int cpu = 0; cpu < cpus; ++cpu) {
    base::UniqueFd event(
        static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!event.valid() && errno == ENODEV) continue;  // an absent CPU
    if (!event.valid()) return base::fail_errno(errno, "cannot open the CPU clock's event");
    if (auto done = kernel::attach_event(bpf_program__fd(program), event.get()); !done) return done;
    events_.push_back(std::move(event));
    ++on;
  }
  note(program, std::to_string(kClockHertz) + " times a second on " + std::to_string(on) + " CPUs");
  return {};
}

Result<> Placement::put_in_namespace(bpf_program* program) {
  const LibbpfMessages messages;
  const base::UniqueFd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  bpf_link* link = bpf_program__attach_netns(program, here.get());
  if (!link) return tl::unexpected<base::Error>(of_errno(errno, messages));
  links_.emplace_back(link);
  note(program, "this network namespace");
  return {};
}

Result<> Placement::put_by_section(bpf_program* program) {
  const LibbpfMessages messages;
  bpf_link* link = bpf_program__attach(program);
  if (!link) {
    const int problem = errno;
    // The section names nothing to attach to by itself ("kprobe", "uprobe" alone), or libbpf knows no way.
    if (problem == EOPNOTSUPP && section_of(program).find('/') == std::string::npos &&
        bpf_program__type(program) == BPF_PROG_TYPE_KPROBE)
      return base::fail(ErrorKind::bad_input, "names no function: SEC(\"" + section_of(program) + "/NAME\")");
    return tl::unexpected<base::Error>(of_errno(problem, messages));
  }
  links_.emplace_back(link);
  if (section_of(program).starts_with("iter")) iterators_.push_back(link);
  note(program, section_of(program));
  return {};
}

Result<> Placement::put(bpf_program* program) {
  Result<> done;
  switch (bpf_program__type(program)) {
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
    case BPF_PROG_TYPE_SOCKET_FILTER:
      done = put_at_interfaces(program);
      break;
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_SOCK_OPS:
      done = put_at_cgroup(program);
      break;
    case BPF_PROG_TYPE_TRACEPOINT:
      done = put_at_tracepoint(program);
      break;
    case BPF_PROG_TYPE_PERF_EVENT:
      done = put_at_clock(program);
      break;
    case BPF_PROG_TYPE_SK_LOOKUP:
    case BPF_PROG_TYPE_FLOW_DISSECTOR:
      done = put_in_namespace(program);
      break;
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_LSM:
      done = put_by_section(program);
      break;
    case BPF_PROG_TYPE_STRUCT_OPS:
      return {};  // its map is attached
    default:
      left_.push_back({bpf_program__name(program), "nothing here attaches " + section_of(program)});
  }
  if (!done) return tl::unexpected<base::Error>(refused(program, done.error()));
  return {};
}

Result<> Placement::put(bpf_map* map) {
  const LibbpfMessages messages;
  bpf_link* link = bpf_map__attach_struct_ops(map);
  if (!link) return base::fail_within(of_errno(errno, messages), bpf_map__name(map));
  links_.emplace_back(link);
  placed_.push_back({bpf_map__name(map), "struct_ops"});
  return {};
}

std::string Placement::iterate() const {
  std::string all;
  for (const bpf_link* link : iterators_) {
    const base::UniqueFd run(bpf_iter_create(bpf_link__fd(link)));
    char part[4096];
    ssize_t bytes = 0;
    while (run.valid() && all.size() < kMostIterated && (bytes = ::read(run.get(), part, sizeof part)) != 0) {
      if (bytes > 0) all.append(part, static_cast<size_t>(bytes));
      if (bytes < 0 && errno != EAGAIN && errno != EINTR) break;
    }
  }
  return all;
}

}  // namespace weir::lab
