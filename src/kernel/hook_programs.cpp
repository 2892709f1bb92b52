// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_programs.h"

#include <bpf/libbpf.h>

namespace weir::kernel {
namespace {

FilterGate::Plan gate_at(PacketHook hook) {
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

}  // namespace

Traffic traffic_at(PacketHook hook) {
  return gate_at(hook).traffic;
}

base::Result<> HookPrograms::add(PacketHook hook, const bpf_program* program, const FilterMaker& make) {
  Place place{bpf_program__fd(program), std::nullopt};
  if (make) {
    auto gate = FilterGate::load(program, gate_at(hook), make);
    if (!gate) return tl::unexpected(gate.error());
    place.gate.emplace(std::move(*gate));
  }
  places_.emplace(hook, std::move(place));
  return {};
}

int HookPrograms::fd(PacketHook hook) const {
  const auto found = places_.find(hook);
  if (found == places_.end()) return -1;
  return found->second.gate ? found->second.gate->fd() : found->second.program_fd;
}

}  // namespace weir::kernel
