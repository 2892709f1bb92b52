// SPDX-License-Identifier: Apache-2.0
#include "kernel/flows_object.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>

#include "flows.skel.h"
#include "kernel/capabilities.h"
#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/load_log.h"
#include "kernel/tracepoint.h"

namespace weir::kernel {
namespace {

struct DestroySkeleton {
  void operator()(flows_bpf* skeleton) const { flows_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<flows_bpf, DestroySkeleton>;

struct DestroyLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Link = std::unique_ptr<bpf_link, DestroyLink>;

/// Programs that Weir can do without, and what is missing then.
struct OptionalProgram {
  const char* name;
  const char* without;
};
constexpr std::array<OptionalProgram, 4> kOptional = {{
    {"weir_sk_create", "owners of new sockets"},
    {"weir_accept", "the accepting process of pre-forking servers (accept)"},
    {"weir_accept4", "the accepting process of pre-forking servers (accept4)"},
    {"weir_sk_state", "the end of connections from their sockets; idle time decides instead"},
}};

const OptionalProgram* optional_program(std::string_view name) {
  for (const OptionalProgram& program : kOptional)
    if (program.name == name) return &program;
  return nullptr;
}

/// The programs that see packets, and the filter before each.
struct PacketProgram {
  const char* name;
  FilterGate::Plan gate;
};
constexpr std::array<PacketProgram, 8> kPacketPrograms = {{
    {"weir_cg_in", {"weir_f_cg_in", FilterPlace::cgroup, Traffic::ingress}},
    {"weir_cg_out", {"weir_f_cg_out", FilterPlace::cgroup, Traffic::egress}},
    {"weir_tc_in", {"weir_f_tc_in", FilterPlace::tc, Traffic::ingress}},
    {"weir_tc_out", {"weir_f_tc_out", FilterPlace::tc, Traffic::egress}},
    {"weir_tc_l3_in", {"weir_f_l3_in", FilterPlace::tc_layer3, Traffic::ingress}},
    {"weir_tc_l3_out", {"weir_f_l3_out", FilterPlace::tc_layer3, Traffic::egress}},
    {"weir_xdp", {"weir_f_xdp", FilterPlace::xdp, Traffic::ingress}},
    {"weir_socket", {"weir_f_socket", FilterPlace::socket, Traffic::ingress}},
}};

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

bool wanted(const FlowsObject::Plan& plan, std::string_view name) {
  if (name.starts_with("weir_cg_")) return plan.cgroup;
  if (name.starts_with("weir_tc_l3_")) return plan.tc_layer3;
  if (name.starts_with("weir_tc_")) return plan.tc;
  if (name == "weir_xdp") return plan.xdp;
  if (name == "weir_socket") return plan.socket;
  return true;
}

}  // namespace

struct FlowsObject::State {
  Skeleton skeleton;
  std::map<std::string, FilterGate, std::less<>> gates;  // by the program behind
  std::vector<base::UniqueFd> links;
  std::vector<Link> perf_links;
  std::optional<ClsactFilters> clsact;
  std::vector<base::UniqueFd> packet_sockets;
  std::vector<Shortcoming> shortcomings;
  std::string tc_hook;

  void lack(const char* program, const std::string& why) {
    shortcomings.push_back({optional_program(program)->without, why});
  }
  bool loaded(const bpf_program* program) const { return bpf_program__fd(program) >= 0; }

  base::Result<> load_gates(const FilterMaker& make) {
    for (const PacketProgram& packet : kPacketPrograms) {
      const bpf_program* program = bpf_object__find_program_by_name(skeleton->obj, packet.name);
      if (program == nullptr || !loaded(program)) continue;
      if (!make && packet.gate.place != FilterPlace::socket) continue;
      auto gate = FilterGate::load(program, packet.gate, make ? make : pass_every_packet);
      if (!gate) return tl::unexpected(gate.error());
      gates.emplace(packet.name, std::move(*gate));
    }
    return {};
  }
  /// What stands at the program's hook: the filter before it, or itself.
  int attached_fd(const bpf_program* program) const {
    const auto gate = gates.find(std::string_view(bpf_program__name(program)));
    return gate == gates.end() ? bpf_program__fd(program) : gate->second.fd();
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
    bpf_program* program;
    bpf_object__for_each_program(program, skeleton->obj) {
      const std::string name = bpf_program__name(program);
      const bool left_out = std::find(refused.begin(), refused.end(), name) != refused.end();
      bpf_program__set_autoload(program, wanted(plan, name) && !left_out);
    }
    bpf_map__set_max_entries(skeleton->maps.flows4, plan.max_flows);
    bpf_map__set_max_entries(skeleton->maps.flows6, plan.max_flows);
    bpf_map__set_max_entries(skeleton->maps.flow_details, 2 * plan.max_flows);
    if (plan.socket_owners_fd >= 0 &&
        bpf_map__reuse_fd(skeleton->maps.socket_owners, plan.socket_owners_fd) != 0)
      return base::fail_errno(errno, "taking over the map of socket owners");
    auto* config = const_cast<flow_config*>(&skeleton->rodata->flow_config);
    config->own_netns = own_network_namespace();
    config->at_interface = !plan.cgroup;
    config->decapsulate = plan.decapsulate;
    config->no_storage_in_tracing = !storage_in_tracing;

    const int error = flows_bpf__load(skeleton.get());
    if (error == 0) {
      state->skeleton = std::move(skeleton);
      if (auto filtered = state->load_gates(plan.filter); !filtered) return tl::unexpected(filtered.error());
      return FlowsObject(std::move(state));
    }
    const std::string culprit = log.refused_program();
    if (!optional_program(culprit) || -error == EPERM) {
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
    state->lack(culprit.c_str(), "this kernel refused the program " + culprit + log.last_line_in_brackets());
    refused.push_back(culprit);
  }
}

base::Result<> FlowsObject::attach_owners(int cgroup_fd) {
  auto& programs = state_->skeleton->progs;
  if (state_->loaded(programs.weir_sk_create)) {
    auto link = kernel::attach_cgroup(bpf_program__fd(programs.weir_sk_create), cgroup_fd,
                                      BPF_CGROUP_INET_SOCK_CREATE);
    if (link)
      state_->links.push_back(std::move(*link));
    else
      state_->lack("weir_sk_create", link.error().message);
  }
  const std::pair<bpf_program*, const char*> accepts[] = {{programs.weir_accept, "sys_exit_accept"},
                                                          {programs.weir_accept4, "sys_exit_accept4"}};
  for (const auto& [program, tracepoint] : accepts) {
    if (!state_->loaded(program)) continue;
    auto event = open_tracepoint("syscalls", tracepoint);
    if (event) {
      if (auto attached = attach_event(bpf_program__fd(program), event->get()); attached) {
        state_->links.push_back(std::move(*event));
        continue;
      } else {
        state_->lack(bpf_program__name(program), attached.error().message);
      }
    } else {
      state_->lack(bpf_program__name(program), event.error().message);
    }
  }
  if (state_->loaded(programs.weir_sk_state)) {
    Link link(bpf_program__attach(programs.weir_sk_state));
    if (link)
      state_->perf_links.push_back(std::move(link));
    else
      state_->lack("weir_sk_state", std::strerror(errno));
  }
  return {};
}

base::Result<> FlowsObject::attach_cgroup_hooks(int cgroup_fd) {
  auto& programs = state_->skeleton->progs;
  // Egress first: a packet of this node that is received was sent before.
  const std::pair<bpf_program*, bpf_attach_type> hooks[] = {{programs.weir_cg_out, BPF_CGROUP_INET_EGRESS},
                                                            {programs.weir_cg_in, BPF_CGROUP_INET_INGRESS}};
  for (const auto& [program, type] : hooks) {
    auto link = kernel::attach_cgroup(state_->attached_fd(program), cgroup_fd, type);
    if (!link) return base::fail_within(link.error(), "attaching to the cgroup2 root");
    state_->links.push_back(std::move(*link));
  }
  return {};
}

base::Result<> FlowsObject::attach_tc(unsigned ifindex, bool layer3) {
  auto& programs = state_->skeleton->progs;
  const std::pair<bpf_program*, Traffic> hooks[] = {
      {layer3 ? programs.weir_tc_l3_in : programs.weir_tc_in, Traffic::ingress},
      {layer3 ? programs.weir_tc_l3_out : programs.weir_tc_out, Traffic::egress}};
  for (const auto& [program, traffic] : hooks) {
    if (!state_->clsact) {
      auto link = attach_tcx(state_->attached_fd(program), ifindex, traffic);
      if (link) {
        state_->links.push_back(std::move(*link));
        state_->tc_hook = "tcx";
        continue;
      }
      if (link.error().kind != base::ErrorKind::unsupported) return tl::unexpected(link.error());
      if (auto cleaned = remove_dead_filters(); !cleaned)
        state_->shortcomings.push_back(
            {"removing what a killed Weir left at clsact", cleaned.error().message});
      auto filters = ClsactFilters::open();
      if (!filters) return tl::unexpected(filters.error());
      state_->clsact.emplace(std::move(*filters));
      state_->tc_hook = "clsact";
    }
    if (auto attached = state_->clsact->attach(state_->attached_fd(program), ifindex, traffic); !attached)
      return attached;
  }
  return {};
}

base::Result<> FlowsObject::attach_xdp(unsigned ifindex) {
  auto link =
      kernel::attach_xdp(state_->attached_fd(state_->skeleton->progs.weir_xdp), ifindex, XdpMode::automatic);
  if (!link) return tl::unexpected(link.error());
  state_->links.push_back(std::move(*link));
  return {};
}

base::Result<> FlowsObject::attach_packet_socket(unsigned ifindex) {
  base::UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return base::fail_errno(errno, "opening an AF_PACKET socket (needs CAP_NET_RAW)");
  // The filter first: without one the socket would queue packets.
  const int program = state_->attached_fd(state_->skeleton->progs.weir_socket);
  if (setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)) != 0)
    return base::fail_errno(errno, "attaching the socket filter");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(ifindex);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return base::fail_errno(errno, "binding the AF_PACKET socket");
  state_->packet_sockets.push_back(std::move(socket));
  return {};
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
  bpf_program* program;
  bpf_object__for_each_program(program, state_->skeleton->obj) {
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    // What a tail call leads to is counted for the program that called.
    if (!state_->loaded(program) || bpf_obj_get_info_by_fd(state_->attached_fd(program), &info, &size) != 0)
      continue;
    costs.push_back({bpf_program__name(program), info.run_cnt, info.run_time_ns});
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
  return state_->shortcomings;
}
const std::string& FlowsObject::tc_hook() const {
  return state_->tc_hook;
}

base::Result<base::UniqueFd> enable_bpf_statistics() {
  base::UniqueFd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!fd.valid())
    return base::fail_errno(errno,
                            "switching on BPF statistics (BPF_ENABLE_STATS, Linux 5.8, CAP_SYS_ADMIN)");
  return fd;
}

}  // namespace weir::kernel
