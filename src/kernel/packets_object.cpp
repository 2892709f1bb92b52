// SPDX-License-Identifier: Apache-2.0
#include "kernel/packets_object.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>

#include "kernel/capabilities.h"
#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/load_log.h"
#include "packets.skel.h"

namespace weir::kernel {
namespace {

struct DestroySkeleton {
  void operator()(packets_bpf* skeleton) const { packets_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<packets_bpf, DestroySkeleton>;

constexpr const char* kOwnersProgram = "weir_p_create";
constexpr uint64_t kLargestRing = uint64_t{1} << 30;

bpf_program* program_of(const packets_bpf& skeleton, PacketHook hook) {
  switch (hook) {
    case PacketHook::tc_in:
      return skeleton.progs.weir_p_tc_in;
    case PacketHook::tc_out:
      return skeleton.progs.weir_p_tc_out;
    case PacketHook::tc_l3_in:
      return skeleton.progs.weir_p_l3_in;
    case PacketHook::tc_l3_out:
      return skeleton.progs.weir_p_l3_out;
    case PacketHook::cgroup_in:
      return skeleton.progs.weir_p_cg_in;
    case PacketHook::cgroup_out:
      return skeleton.progs.weir_p_cg_out;
    case PacketHook::xdp:
      return skeleton.progs.weir_p_xdp;
    case PacketHook::socket:
      return skeleton.progs.weir_p_socket;
  }
  return nullptr;
}

FilterGate::Plan gate_of(PacketHook hook) {
  switch (hook) {
    case PacketHook::tc_in:
      return {"weir_f_tc_in", FilterPlace::tc, Traffic::ingress};
    case PacketHook::tc_out:
      return {"weir_f_tc_out", FilterPlace::tc, Traffic::egress};
    case PacketHook::tc_l3_in:
      return {"weir_f_l3_in", FilterPlace::tc_layer3, Traffic::ingress};
    case PacketHook::tc_l3_out:
      return {"weir_f_l3_out", FilterPlace::tc_layer3, Traffic::egress};
    case PacketHook::cgroup_in:
      return {"weir_f_cg_in", FilterPlace::cgroup, Traffic::ingress};
    case PacketHook::cgroup_out:
      return {"weir_f_cg_out", FilterPlace::cgroup, Traffic::egress};
    case PacketHook::xdp:
      return {"weir_f_xdp", FilterPlace::xdp, Traffic::ingress};
    case PacketHook::socket:
      return {"weir_f_socket", FilterPlace::socket, Traffic::ingress};
  }
  return {};
}

uint64_t usable_ring_bytes(uint64_t wanted) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::bit_ceil(std::clamp(wanted, page, kLargestRing));
}

base::Result<> refusal(int error, const std::string& culprit, const LoadLog& log, uint64_t ring_bytes) {
  if (const std::string missing = missing_capabilities_sentence(); !missing.empty())
    return base::fail(base::ErrorKind::permission, missing, error);
  if (error == ENOMEM || error == E2BIG)
    return base::fail_errno(ENOMEM, "making a ring of " + std::to_string(ring_bytes >> 10) +
                                        " KiB for packets (-B takes a smaller one)");
  if (culprit == "weir_p_xdp")
    return base::fail(base::ErrorKind::unsupported,
                      "capturing at XDP needs Linux 5.18 (bpf_xdp_load_bytes); --hook tc works here" +
                          log.last_line_in_brackets(),
                      error);
  return base::fail_errno(error, "loading the capture programs" +
                                     (culprit.empty() ? "" : ": the kernel refused " + culprit) +
                                     log.last_line_in_brackets());
}

}  // namespace

struct PacketsObject::State {
  Skeleton skeleton;
  uint64_t ring_bytes = 0;
  std::map<PacketHook, FilterGate> gates;
  base::UniqueFd owners_link;
  std::vector<base::UniqueFd> links;
  std::optional<ClsactFilters> clsact;
  std::vector<base::UniqueFd> packet_sockets;
  std::vector<Shortcoming> shortcomings;
  std::string tc_hook;

  int attached_fd(PacketHook hook) const {
    const auto gate = gates.find(hook);
    return gate != gates.end() ? gate->second.fd() : bpf_program__fd(program_of(*skeleton, hook));
  }
};

PacketsObject::PacketsObject(std::unique_ptr<State> state) : state_(std::move(state)) {}
PacketsObject::PacketsObject(PacketsObject&&) noexcept = default;
PacketsObject::~PacketsObject() = default;

base::Result<PacketsObject> PacketsObject::load(const Plan& plan) {
  auto state = std::make_unique<State>();
  state->ring_bytes = usable_ring_bytes(plan.ring_bytes);
  for (bool owners = true;; owners = false) {
    LoadLog log(plan.verbose);
    Skeleton skeleton(packets_bpf__open());
    if (!skeleton) return base::fail_errno(errno, "opening the capture programs");
    bpf_program* program;
    bpf_object__for_each_program(program, skeleton->obj) bpf_program__set_autoload(program, false);
    for (const PacketHook hook : plan.hooks) bpf_program__set_autoload(program_of(*skeleton, hook), true);
    bpf_program__set_autoload(skeleton->progs.weir_p_create, owners);
    bpf_map__set_max_entries(skeleton->maps.packet_ring, static_cast<uint32_t>(state->ring_bytes));
    if (plan.socket_owners_fd >= 0 &&
        bpf_map__reuse_fd(skeleton->maps.socket_owners, plan.socket_owners_fd) != 0)
      return base::fail_errno(errno, "taking over the map of socket owners");
    auto* config = const_cast<packets_config*>(&skeleton->rodata->packets_config);
    config->snap_bytes = std::clamp<uint32_t>(plan.snap_bytes, PACKET_SHORTEST_COPY, PACKET_LONGEST_COPY);
    config->headers_only = plan.headers_only;
    config->arrives_only = plan.arrives_only;
    config->socket_direction = plan.socket_direction;

    const int error = packets_bpf__load(skeleton.get());
    if (error == 0) {
      state->skeleton = std::move(skeleton);
      for (const PacketHook hook : plan.filter ? plan.hooks : std::vector<PacketHook>{}) {
        auto gate = FilterGate::load(program_of(*state->skeleton, hook), gate_of(hook), plan.filter);
        if (!gate) return tl::unexpected(gate.error());
        state->gates.emplace(hook, std::move(*gate));
      }
      return PacketsObject(std::move(state));
    }
    const std::string culprit = log.refused_program();
    if (!owners || culprit != kOwnersProgram || -error == EPERM) {
      auto refused = refusal(-error, culprit, log, state->ring_bytes);
      return tl::unexpected(refused.error());
    }
    state->shortcomings.push_back({"owners of new sockets", "this kernel refused the program " + culprit +
                                                                log.last_line_in_brackets()});
  }
}

void PacketsObject::attach_owners(int cgroup_fd) {
  const int program = bpf_program__fd(state_->skeleton->progs.weir_p_create);
  if (program < 0) return;
  auto link = kernel::attach_cgroup(program, cgroup_fd, BPF_CGROUP_INET_SOCK_CREATE);
  if (link)
    state_->owners_link = std::move(*link);
  else
    state_->shortcomings.push_back({"owners of new sockets", link.error().message});
}

int PacketsObject::program_fd(PacketHook hook) const {
  return bpf_program__fd(program_of(*state_->skeleton, hook));
}

base::Result<> PacketsObject::attach_cgroup(PacketHook hook, int cgroup_fd) {
  const auto type = hook == PacketHook::cgroup_in ? BPF_CGROUP_INET_INGRESS : BPF_CGROUP_INET_EGRESS;
  auto link = kernel::attach_cgroup(state_->attached_fd(hook), cgroup_fd, type);
  if (!link) return base::fail_within(link.error(), "attaching to the cgroup2 root");
  state_->links.push_back(std::move(*link));
  return {};
}

base::Result<> PacketsObject::attach_tc(PacketHook hook, unsigned ifindex) {
  const Traffic traffic =
      hook == PacketHook::tc_in || hook == PacketHook::tc_l3_in ? Traffic::ingress : Traffic::egress;
  if (!state_->clsact) {
    auto link = attach_tcx(state_->attached_fd(hook), ifindex, traffic);
    if (link) {
      state_->links.push_back(std::move(*link));
      state_->tc_hook = "tcx";
      return {};
    }
    if (link.error().kind != base::ErrorKind::unsupported) return tl::unexpected(link.error());
    if (auto cleaned = remove_dead_filters(); !cleaned)
      state_->shortcomings.push_back({"removing what a killed Weir left at clsact", cleaned.error().message});
    auto filters = ClsactFilters::open();
    if (!filters) return tl::unexpected(filters.error());
    state_->clsact.emplace(std::move(*filters));
    state_->tc_hook = "clsact";
  }
  return state_->clsact->attach(state_->attached_fd(hook), ifindex, traffic);
}

base::Result<> PacketsObject::attach_xdp(unsigned ifindex) {
  auto link = kernel::attach_xdp(state_->attached_fd(PacketHook::xdp), ifindex, XdpMode::automatic);
  if (!link) return tl::unexpected(link.error());
  state_->links.push_back(std::move(*link));
  return {};
}

bool PacketsObject::tc_lacks_link_header(unsigned ifindex) {
  utsname kernel{};
  unsigned major = 0, minor = 0;
  if (uname(&kernel) != 0 || std::sscanf(kernel.release, "%u.%u", &major, &minor) != 2) return false;
  if (major < 6 || (major == 6 && minor < 9)) return false;
  bpf_xdp_query_opts query{};
  query.sz = sizeof query;
  return bpf_xdp_query(static_cast<int>(ifindex), 0, &query) == 0 && query.attach_mode == XDP_ATTACHED_SKB;
}

base::Result<> PacketsObject::attach_packet_socket(unsigned ifindex) {
  base::UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return base::fail_errno(errno, "opening an AF_PACKET socket (needs CAP_NET_RAW)");
  // The filter first: without one the socket would queue packets.
  const int program = state_->attached_fd(PacketHook::socket);
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

void PacketsObject::detach() {
  state_->links.clear();
  state_->clsact.reset();
  state_->packet_sockets.clear();
}

int PacketsObject::ring_fd() const {
  return bpf_map__fd(state_->skeleton->maps.packet_ring);
}
uint64_t PacketsObject::ring_bytes() const {
  return state_->ring_bytes;
}

packets_lost PacketsObject::lost() const {
  const auto& counters = state_->skeleton->bss->packets_lost;
  return {__atomic_load_n(&counters.ring_full, __ATOMIC_RELAXED),
          __atomic_load_n(&counters.unreadable, __ATOMIC_RELAXED)};
}

uint64_t PacketsObject::lost_of(uint32_t ifindex) const {
  uint64_t lost = 0;
  static_cast<void>(bpf_map_lookup_elem(bpf_map__fd(state_->skeleton->maps.packet_losses), &ifindex, &lost));
  return lost;
}

const std::vector<Shortcoming>& PacketsObject::shortcomings() const {
  return state_->shortcomings;
}
const std::string& PacketsObject::tc_hook() const {
  return state_->tc_hook;
}

}  // namespace weir::kernel
