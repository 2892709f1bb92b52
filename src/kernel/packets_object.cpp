// SPDX-License-Identifier: Apache-2.0
#include "kernel/packets_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>

#include "kernel/attachments.h"
#include "kernel/capabilities.h"
#include "kernel/load_log.h"
#include "kernel/optional_program.h"
#include "kernel/socket_lister.h"
#include "packets.skel.h"

namespace weir::kernel {
namespace {

struct DestroySkeleton {
  void operator()(packets_bpf* skeleton) const { packets_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<packets_bpf, DestroySkeleton>;

constexpr std::array<OptionalProgram, 3> kOptional = {{
    {"weir_p_create", "owners of new sockets"},
    {"weir_p_peer4", "the accepting process of pre-forking servers (IPv4)"},
    {"weir_p_peer6", "the accepting process of pre-forking servers (IPv6)"},
}};
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

uint64_t usable_ring_bytes(uint64_t wanted) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::bit_ceil(std::clamp(wanted, page, kLargestRing));
}

/// False under lockdown=confidentiality, where kernels before 6.2 have no other way.
bool can_read_checksum_state() {
  return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_probe_read_kernel, nullptr) > 0;
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
  HookPrograms programs;
  Attachments attachments;
};

PacketsObject::PacketsObject(std::unique_ptr<State> state) : state_(std::move(state)) {}
PacketsObject::PacketsObject(PacketsObject&&) noexcept = default;
PacketsObject::~PacketsObject() = default;

base::Result<PacketsObject> PacketsObject::load(const Plan& plan) {
  auto state = std::make_unique<State>();
  state->ring_bytes = usable_ring_bytes(plan.ring_bytes);
  std::vector<std::string> refused;
  for (;;) {
    LoadLog log(plan.verbose);
    Skeleton skeleton(packets_bpf__open());
    if (!skeleton) return base::fail_errno(errno, "opening the capture programs");
    for (const PacketHook hook : kPacketHooks)
      bpf_program__set_autoload(program_of(*skeleton, hook), std::ranges::count(plan.hooks, hook) != 0);
    for (const std::string& name : refused)
      bpf_program__set_autoload(bpf_object__find_program_by_name(skeleton->obj, name.c_str()), false);
    bpf_map__set_max_entries(skeleton->maps.packet_ring, static_cast<uint32_t>(state->ring_bytes));
    if (auto taken = take_over_socket_owners(skeleton->maps.socket_owners, plan.socket_owners_fd); !taken)
      return tl::unexpected(taken.error());
    auto* config = const_cast<packets_config*>(&skeleton->rodata->packets_config);
    config->snap_bytes = std::clamp<uint32_t>(plan.snap_bytes, PACKET_SHORTEST_COPY, PACKET_LONGEST_COPY);
    config->headers_only = plan.headers_only;
    config->checksums = plan.checksums && can_read_checksum_state();
    config->arrives_only = plan.arrives_only;
    config->socket_direction = plan.socket_direction;

    const int error = packets_bpf__load(skeleton.get());
    if (error == 0) {
      state->skeleton = std::move(skeleton);
      for (const PacketHook hook : plan.hooks) {
        auto added = state->programs.add(hook, program_of(*state->skeleton, hook), plan.filter);
        if (!added) return tl::unexpected(added.error());
      }
      return PacketsObject(std::move(state));
    }
    const std::string culprit = log.refused_program();
    if (!find_optional(kOptional, culprit) || -error == EPERM) {
      auto refusing = refusal(-error, culprit, log, state->ring_bytes);
      return tl::unexpected(refusing.error());
    }
    state->attachments.lack(find_optional(kOptional, culprit)->without,
                            "this kernel refused the program " + culprit + log.last_line_in_brackets());
    refused.push_back(culprit);
  }
}

void PacketsObject::attach_owners(int cgroup_fd) {
  const auto& programs = state_->skeleton->progs;
  for (const auto& [program, type] : {std::pair{programs.weir_p_create, BPF_CGROUP_INET_SOCK_CREATE},
                                      std::pair{programs.weir_p_peer4, BPF_CGROUP_INET4_GETPEERNAME},
                                      std::pair{programs.weir_p_peer6, BPF_CGROUP_INET6_GETPEERNAME}}) {
    if (bpf_program__fd(program) < 0) continue;
    auto attached = state_->attachments.attach_cgroup(bpf_program__fd(program), cgroup_fd, type);
    if (!attached)
      state_->attachments.lack(find_optional(kOptional, bpf_program__name(program))->without,
                               attached.error().message);
  }
}

int PacketsObject::program_fd(PacketHook hook) const {
  return bpf_program__fd(program_of(*state_->skeleton, hook));
}

base::Result<> PacketsObject::attach_cgroup(PacketHook hook, int cgroup_fd) {
  const auto type = hook == PacketHook::cgroup_in ? BPF_CGROUP_INET_INGRESS : BPF_CGROUP_INET_EGRESS;
  auto attached = state_->attachments.attach_cgroup(state_->programs.fd(hook), cgroup_fd, type);
  if (!attached) return base::fail_within(attached.error(), "attaching to the cgroup2 root");
  return {};
}

base::Result<> PacketsObject::attach_tc(PacketHook hook, unsigned ifindex) {
  return state_->attachments.attach_tc(state_->programs.fd(hook), ifindex, traffic_at(hook));
}

base::Result<> PacketsObject::attach_xdp(unsigned ifindex) {
  return state_->attachments.attach_xdp(state_->programs.fd(PacketHook::xdp), ifindex);
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
  return state_->attachments.attach_packet_socket(state_->programs.fd(PacketHook::socket), ifindex);
}

void PacketsObject::detach() {
  state_->attachments.detach();
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
  return state_->attachments.shortcomings();
}
const std::string& PacketsObject::tc_hook() const {
  return state_->attachments.tc_hook();
}

}  // namespace weir::kernel
