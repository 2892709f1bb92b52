// SPDX-License-Identifier: Apache-2.0
#include "kernel/flows_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "flows.skel.h"
#include "kernel/attachments.h"
#include "kernel/capabilities.h"
#include "kernel/hook_programs.h"
#include "kernel/load_log.h"
#include "kernel/optional_program.h"
#include "kernel/socket_lister.h"

namespace weir::kernel {
namespace {

struct DestroySkeleton {
  void operator()(flows_bpf* skeleton) const { flows_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<flows_bpf, DestroySkeleton>;

constexpr std::array<OptionalProgram, 4> kOptional = {{
    {"weir_sk_create", "owners of new sockets"},
    {"weir_accept", "the accepting process of pre-forking servers (accept)"},
    {"weir_accept4", "the accepting process of pre-forking servers (accept4)"},
    {"weir_sk_state", "the end of connections from their sockets; idle time decides instead"},
}};

bpf_program* program_of(const flows_bpf& skeleton, PacketHook hook) {
  switch (hook) {
    case PacketHook::tc_in:
      return skeleton.progs.weir_tc_in;
    case PacketHook::tc_out:
      return skeleton.progs.weir_tc_out;
    case PacketHook::tc_l3_in:
      return skeleton.progs.weir_tc_l3_in;
    case PacketHook::tc_l3_out:
      return skeleton.progs.weir_tc_l3_out;
    case PacketHook::cgroup_in:
      return skeleton.progs.weir_cg_in;
    case PacketHook::cgroup_out:
      return skeleton.progs.weir_cg_out;
    case PacketHook::xdp:
      return skeleton.progs.weir_xdp;
    case PacketHook::socket:
      return skeleton.progs.weir_socket;
  }
  return nullptr;
}

/// Of the preallocated maps, for one flow of each IP version: an element of each, and its place in the index.
constexpr uint64_t kBytesPerFlow = 192 + 216 + 2 * 16;

/// MemAvailable of /proc/meminfo; none where it cannot be read.
std::optional<uint64_t> available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (uint64_t kibibytes = 0; file >> name >> kibibytes;) {
    if (name == "MemAvailable:") return kibibytes * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

/// Tables that would take most of the memory are refused before the kernel looks for whom to kill.
base::Result<> check_memory(uint32_t max_flows) {
  const uint64_t needed = max_flows * kBytesPerFlow;
  const auto available = available_memory();
  if (!available || needed <= *available / 2) return {};
  return base::fail(base::ErrorKind::bad_input,
                    "--max-flows " + std::to_string(max_flows) + ": tables of " +
                        std::to_string(needed / 1'000'000) + " MB are more than half of the " +
                        std::to_string(*available / 1'000'000) + " MB that are free; at most " +
                        std::to_string(*available / 2 / kBytesPerFlow) + " flows now");
}

uint32_t own_network_namespace() {
  struct stat status {};
  return stat("/proc/self/ns/net", &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
}

bool wanted(const FlowsObject::Plan& plan, PacketHook hook) {
  switch (hook) {
    case PacketHook::tc_in:
    case PacketHook::tc_out:
      return plan.tc;
    case PacketHook::tc_l3_in:
    case PacketHook::tc_l3_out:
      return plan.tc_layer3;
    case PacketHook::cgroup_in:
    case PacketHook::cgroup_out:
      return plan.cgroup;
    case PacketHook::xdp:
      return plan.xdp;
    case PacketHook::socket:
      return plan.socket;
  }
  return false;
}

}  // namespace

struct FlowsObject::State {
  Skeleton skeleton;
  HookPrograms programs;
  Attachments attachments;

  void lack(const std::string& program, const std::string& why) {
    attachments.lack(find_optional(kOptional, program)->without, why);
  }
  base::Result<> add_programs(const Plan& plan) {
    for (const PacketHook hook : kPacketHooks) {
      if (!wanted(plan, hook)) continue;
      const bool gate_alone = hook == PacketHook::socket && !plan.filter;  // see pass_every_packet
      auto added =
          programs.add(hook, program_of(*skeleton, hook), gate_alone ? pass_every_packet : plan.filter);
      if (!added) return added;
    }
    return {};
  }
  /// One that is optional: what cannot attach is a shortcoming.
  template <class Attach>
  void attach_if_loaded(const bpf_program* program, const Attach& attach) {
    const int fd = bpf_program__fd(program);
    if (fd < 0) return;
    if (auto attached = attach(fd); !attached) lack(bpf_program__name(program), attached.error().message);
  }
};

FlowsObject::FlowsObject(std::unique_ptr<State> state) : state_(std::move(state)) {}
FlowsObject::FlowsObject(FlowsObject&&) noexcept = default;
FlowsObject::~FlowsObject() = default;

base::Result<FlowsObject> FlowsObject::load(const Plan& plan) {
  if (auto room = check_memory(plan.max_flows); !room) return tl::unexpected(room.error());
  auto state = std::make_unique<State>();
  std::vector<std::string> refused;
  bool storage_in_tracing = true;
  for (;;) {
    LoadLog log(plan.verbose);
    Skeleton skeleton(flows_bpf__open());
    if (!skeleton) return base::fail_errno(errno, "opening the flow programs");
    for (const PacketHook hook : kPacketHooks)
      bpf_program__set_autoload(program_of(*skeleton, hook), wanted(plan, hook));
    for (const std::string& name : refused)
      bpf_program__set_autoload(bpf_object__find_program_by_name(skeleton->obj, name.c_str()), false);
    bpf_map__set_max_entries(skeleton->maps.flows4, plan.max_flows);
    bpf_map__set_max_entries(skeleton->maps.flows6, plan.max_flows);
    bpf_map__set_max_entries(skeleton->maps.flow_details, 2 * plan.max_flows);
    if (auto taken = take_over_socket_owners(skeleton->maps.socket_owners, plan.socket_owners_fd); !taken)
      return tl::unexpected(taken.error());
    auto* config = const_cast<flow_config*>(&skeleton->rodata->flow_config);
    config->own_netns = own_network_namespace();
    config->at_interface = !plan.cgroup;
    config->decapsulate = plan.decapsulate;
    config->no_storage_in_tracing = !storage_in_tracing;

    const int error = flows_bpf__load(skeleton.get());
    if (error == 0) {
      state->skeleton = std::move(skeleton);
      if (auto added = state->add_programs(plan); !added) return tl::unexpected(added.error());
      return FlowsObject(std::move(state));
    }
    const std::string culprit = log.refused_program();
    if (!find_optional(kOptional, culprit) || -error == EPERM) {
      const std::string missing = missing_capabilities_sentence();
      if (!missing.empty()) return base::fail(base::ErrorKind::permission, missing, -error);
      if (-error == ENOMEM)
        return base::fail_errno(ENOMEM, "the tables for " + std::to_string(plan.max_flows) +
                                            " flows of each IP version (--max-flows) take " +
                                            std::to_string(plan.max_flows * kBytesPerFlow / 1'000'000) +
                                            " MB of kernel memory: a smaller number takes less");
      return base::fail_errno(-error, "loading the flow programs" +
                                          (culprit.empty() ? "" : ": the kernel refused " + culprit) +
                                          log.last_line_in_brackets());
    }
    if (culprit == "weir_sk_state" && storage_in_tracing) {
      storage_in_tracing = false;  // once more without: it still tells when connections end
      continue;
    }
    state->lack(culprit, "this kernel refused the program " + culprit + log.last_line_in_brackets());
    refused.push_back(culprit);
  }
}

base::Result<> FlowsObject::attach_owners(int cgroup_fd) {
  const auto& programs = state_->skeleton->progs;
  Attachments& attachments = state_->attachments;
  state_->attach_if_loaded(programs.weir_sk_create, [&](int fd) {
    return attachments.attach_cgroup(fd, cgroup_fd, BPF_CGROUP_INET_SOCK_CREATE);
  });
  state_->attach_if_loaded(programs.weir_accept, [&](int fd) {
    return attachments.attach_tracepoint(fd, "syscalls", "sys_exit_accept");
  });
  state_->attach_if_loaded(programs.weir_accept4, [&](int fd) {
    return attachments.attach_tracepoint(fd, "syscalls", "sys_exit_accept4");
  });
  state_->attach_if_loaded(programs.weir_sk_state,
                           [&](int fd) { return attachments.attach_btf_tracepoint(fd); });
  return {};
}

base::Result<> FlowsObject::attach_cgroup_hooks(int cgroup_fd) {
  // Egress first: a packet of this node that is received was sent before.
  for (const auto& [hook, type] : {std::pair{PacketHook::cgroup_out, BPF_CGROUP_INET_EGRESS},
                                   std::pair{PacketHook::cgroup_in, BPF_CGROUP_INET_INGRESS}}) {
    auto attached = state_->attachments.attach_cgroup(state_->programs.fd(hook), cgroup_fd, type);
    if (!attached) return base::fail_within(attached.error(), "attaching to the cgroup2 root");
  }
  return {};
}

base::Result<> FlowsObject::attach_tc(unsigned ifindex, bool layer3) {
  for (const PacketHook hook : {layer3 ? PacketHook::tc_l3_in : PacketHook::tc_in,
                                layer3 ? PacketHook::tc_l3_out : PacketHook::tc_out}) {
    auto attached = state_->attachments.attach_tc(state_->programs.fd(hook), ifindex, traffic_at(hook));
    if (!attached) return attached;
  }
  return {};
}

base::Result<> FlowsObject::attach_xdp(unsigned ifindex) {
  return state_->attachments.attach_xdp(state_->programs.fd(PacketHook::xdp), ifindex);
}

base::Result<> FlowsObject::attach_packet_socket(unsigned ifindex) {
  return state_->attachments.attach_packet_socket(state_->programs.fd(PacketHook::socket), ifindex);
}

base::Result<flow_clock> FlowsObject::clock() const {
  std::array<uint8_t, 64> frame{};
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame.data();
  options.data_size_in = frame.size();
  const int error = bpf_prog_test_run_opts(bpf_program__fd(state_->skeleton->progs.weir_clock), &options);
  if (error != 0) return base::fail_errno(errno, "running weir_clock");
  return state_->skeleton->bss->flow_clock;
}

base::Result<std::vector<uint64_t>> FlowsObject::counters() const {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 1) return base::fail_errno(-cpus, "counting CPUs");
  std::vector<uint64_t> each_cpu(static_cast<size_t>(cpus));
  std::vector<uint64_t> sums(FLOW_COUNTERS);
  for (uint32_t i = 0; i < FLOW_COUNTERS; i++) {
    if (bpf_map_lookup_elem(bpf_map__fd(state_->skeleton->maps.flow_counters), &i, each_cpu.data()) != 0)
      return base::fail_errno(errno, "reading flow_counters");
    for (const uint64_t count : each_cpu) sums[i] += count;
  }
  return sums;
}

std::vector<ProgramCost> FlowsObject::costs() const {
  std::vector<ProgramCost> costs;
  for (const PacketHook hook : kPacketHooks) {
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    // What a tail call leads to is counted for the program that called.
    if (bpf_obj_get_info_by_fd(state_->programs.fd(hook), &info, &size) != 0) continue;
    costs.push_back({bpf_program__name(program_of(*state_->skeleton, hook)), info.run_cnt, info.run_time_ns});
  }
  return costs;
}

int FlowsObject::flows4_fd() const {
  return bpf_map__fd(state_->skeleton->maps.flows4);
}
int FlowsObject::flows6_fd() const {
  return bpf_map__fd(state_->skeleton->maps.flows6);
}
int FlowsObject::details_fd() const {
  return bpf_map__fd(state_->skeleton->maps.flow_details);
}
int FlowsObject::events_fd() const {
  return bpf_map__fd(state_->skeleton->maps.flow_events);
}
const std::vector<Shortcoming>& FlowsObject::shortcomings() const {
  return state_->attachments.shortcomings();
}
const std::string& FlowsObject::tc_hook() const {
  return state_->attachments.tc_hook();
}

base::Result<base::UniqueFd> enable_bpf_statistics() {
  base::UniqueFd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!fd.valid())
    return base::fail_errno(errno,
                            "switching on BPF statistics (BPF_ENABLE_STATS, Linux 5.8, CAP_SYS_ADMIN)");
  return fd;
}

}  // namespace weir::kernel
