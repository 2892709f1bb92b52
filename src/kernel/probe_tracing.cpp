// SPDX-License-Identifier: Apache-2.0
// Probes of the hooks inside the kernel and in programs: tracepoints, iterators, kprobes, trampolines, LSM,
// uprobes.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>

#include "kernel/probe.h"
#include "kernel/pseudo_mount.h"
#include "kernel/tiny_program.h"
#include "kernel/tracepoint.h"

namespace weir::kernel::probe {
namespace {

/// Nobody but `BPF_PROG_TEST_RUN` calls it (net/bpf/test_run.c): attaching there disturbs nothing.
constexpr const char* kQuietFunction = "bpf_fentry_test1";

base::Result<uint32_t> type_id(const Ground& ground, const std::string& name, uint32_t kind) {
  if (ground.types == nullptr) return base::fail(base::ErrorKind::unsupported, "needs the kernel's BTF");
  const int id = btf__find_by_name_kind(ground.types, name.c_str(), kind);
  if (id < 0) return base::fail(base::ErrorKind::unsupported, "the kernel's BTF has no " + name, -id);
  return static_cast<uint32_t>(id);
}

/// Programs of type tracing go where their BTF id says.
Answer attach_tracing(const TinyProgram& tiny) {
  const auto program = load_tiny_program(tiny);
  if (!program) return tl::unexpected(program.error());
  const int fd = bpf_raw_tracepoint_open(nullptr, program->get());
  if (fd < 0) return base::fail_errno(-fd, "attaching");
  const base::UniqueFd owned(fd);
  return std::string();
}

Answer typed_tracepoint(const Ground& ground, const char* name) {
  const auto id = type_id(ground, std::string("btf_trace_") + name, BTF_KIND_TYPEDEF);
  if (!id) return tl::unexpected(id.error());
  return attach_tracing({.type = BPF_PROG_TYPE_TRACING,
                         .expected_attach_type = BPF_TRACE_RAW_TP,
                         .attach_btf_id = *id,
                         .body = {}});
}

/// The number under which perf_event_open knows kprobes or uprobes.
base::Result<uint32_t> event_source(const std::string& name) {
  const auto text = read_file_at(AT_FDCWD, "/sys/bus/event_source/devices/" + name + "/type");
  if (!text)
    return base::fail(base::ErrorKind::unsupported, "this kernel has no " + name + " events", ENOENT);
  uint32_t type = 0;
  if (std::from_chars(text->data(), text->data() + text->size(), type).ec != std::errc())
    return base::fail(base::ErrorKind::internal, "the type of " + name + " events is not a number");
  return type;
}

/// For all processes: an event of one task would patch the scheduler's code when it comes and when it goes.
Answer attach_probe_event(const std::string& source, uint64_t config1, uint64_t config2) {
  const auto type = event_source(source);
  if (!type) return tl::unexpected(type.error());
  const auto program = load_tiny_program({.type = BPF_PROG_TYPE_KPROBE, .body = {}});
  if (!program) return tl::unexpected(program.error());
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = *type;
  attributes.config1 = config1;
  attributes.config2 = config2;
  const base::UniqueFd event(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event.valid()) return base::fail_errno(errno, "opening a " + source);
  if (auto attached = attach_event(program->get(), event.get()); !attached)
    return tl::unexpected(std::move(attached).error());
  return std::string();
}

}  // namespace

Answer tracepoint_socket_state(const Ground& ground) {
  return typed_tracepoint(ground, "inet_sock_set_state");
}

Answer tracepoint_free_packet(const Ground& ground) {
  return typed_tracepoint(ground, "kfree_skb");
}

Answer tracepoint_syscalls(const Ground&) {
  const auto event = open_tracepoint("syscalls", "sys_exit_accept4");
  if (!event) return tl::unexpected(event.error());
  const auto program = load_tiny_program({.type = BPF_PROG_TYPE_TRACEPOINT, .body = {}});
  if (!program) return tl::unexpected(program.error());
  if (auto attached = attach_event(program->get(), event->get()); !attached)
    return tl::unexpected(std::move(attached).error());
  if (access("/sys/kernel/tracing/events", F_OK) == 0 ||
      access("/sys/kernel/debug/tracing/events", F_OK) == 0)
    return std::string();
  return std::string("tracefs is not mounted: used a detached mount");
}

Answer iterator_task_file(const Ground& ground) {
  const auto id = type_id(ground, "bpf_iter_task_file", BTF_KIND_FUNC);
  if (!id) return tl::unexpected(id.error());
  constexpr int16_t kFileOffset = 24;  // struct bpf_iter__task_file: meta, task, fd, file
  const std::array body{load_word64(BPF_REG_1, BPF_REG_1, kFileOffset), skip_if_zero(BPF_REG_1, 1),
                        call_helper(BPF_FUNC_sock_from_file), move_constant(BPF_REG_0, 0), leave()};
  const auto program = load_tiny_program({.type = BPF_PROG_TYPE_TRACING,
                                          .expected_attach_type = BPF_TRACE_ITER,
                                          .attach_btf_id = *id,
                                          .body = body});
  if (!program) return tl::unexpected(program.error());
  const int fd = bpf_link_create(program->get(), 0, BPF_TRACE_ITER, nullptr);
  if (fd < 0) return base::fail_errno(-fd, "making an iterator");
  const base::UniqueFd owned(fd);
  return std::string();
}

Answer kprobe(const Ground&) {
  return attach_probe_event("kprobe", reinterpret_cast<uintptr_t>(kQuietFunction), 0);
}

Answer kprobe_multi(const Ground&) {
  const auto program = load_tiny_program(
      {.type = BPF_PROG_TYPE_KPROBE, .expected_attach_type = BPF_TRACE_KPROBE_MULTI, .body = {}});
  if (!program) return tl::unexpected(program.error());
  const char* symbols[] = {kQuietFunction};
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.kprobe_multi.syms = symbols;
  options.kprobe_multi.cnt = 1;
  const int fd = bpf_link_create(program->get(), 0, BPF_TRACE_KPROBE_MULTI, &options);
  if (fd < 0) return base::fail_errno(-fd, "attaching");
  const base::UniqueFd owned(fd);
  return std::string();
}

Answer fentry(const Ground& ground) {
  const auto id = type_id(ground, kQuietFunction, BTF_KIND_FUNC);
  if (!id) return tl::unexpected(id.error());
  return attach_tracing({.type = BPF_PROG_TYPE_TRACING,
                         .expected_attach_type = BPF_TRACE_FENTRY,
                         .attach_btf_id = *id,
                         .body = {}});
}

Answer lsm(const Ground& ground) {
  const auto id = type_id(ground, "bpf_lsm_socket_create", BTF_KIND_FUNC);
  if (!id) return tl::unexpected(id.error());
  const auto program = load_tiny_program(
      {.type = BPF_PROG_TYPE_LSM, .expected_attach_type = BPF_LSM_MAC, .attach_btf_id = *id, .body = {}});
  if (!program) return tl::unexpected(program.error());
  // Without "bpf" among the active modules, programs attach and never run (seen on 5.10).
  const auto securityfs = open_securityfs();
  if (!securityfs) return "loads; " + securityfs.error().message;
  const auto active = read_file_at(securityfs->get(), "lsm");
  if (!active) return "loads; which security modules are active is not to be read";
  if (("," + *active + ",").find(",bpf,") == std::string::npos)
    return base::fail(base::ErrorKind::unsupported,
                      "not among the active security modules (" + *active + "): boot with lsm=..,bpf");
  return std::string();
}

[[gnu::noinline]] int uprobe_target() {
  return static_cast<int>(getpid());
}

Answer uprobe(const Ground&) {
  // The target's offset in the program's file, by the mapping that holds it.
  const auto address = reinterpret_cast<uintptr_t>(&uprobe_target);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0, end = 0, offset = 0;
    char mode[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %lx", &start, &end, mode, &offset) != 4) continue;
    if (address < start || address >= end) continue;
    return attach_probe_event("uprobe", reinterpret_cast<uintptr_t>("/proc/self/exe"),
                              address - start + offset);
  }
  return base::fail(base::ErrorKind::internal, "could not find the target of the uprobe");
}

}  // namespace weir::kernel::probe
