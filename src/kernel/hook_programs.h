// SPDX-License-Identifier: Apache-2.0
// The programs of one object that see packets, by hook, and the filter before each. Loads the filters;
// attaches nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "base/result.h"
#include "kernel/filter_gate.h"
#include "kernel/link.h"

struct bpf_program;

namespace weir::kernel {

/// A place in the kernel, its direction, and what a packet begins with there.
enum class PacketHook : uint8_t {
  tc_in,  // frames with an Ethernet header
  tc_out,
  tc_l3_in,  // without a link header: from the IP header
  tc_l3_out,
  cgroup_in,  // from the IP header
  cgroup_out,
  xdp,
  socket,  // AF_PACKET, both directions; with an Ethernet header
};
inline constexpr std::array kPacketHooks = {
    PacketHook::tc_in,     PacketHook::tc_out,     PacketHook::tc_l3_in, PacketHook::tc_l3_out,
    PacketHook::cgroup_in, PacketHook::cgroup_out, PacketHook::xdp,      PacketHook::socket,
};

/// At a packet socket, where both pass, of no meaning.
Traffic traffic_at(PacketHook hook);

class HookPrograms {
 public:
  /// `program` is loaded, and outlives this. A filter that `make` makes is put before it; none where it is
  /// empty.
  base::Result<> add(PacketHook hook, const bpf_program* program, const FilterMaker& make);

  /// What is to be attached: the filter before the program, or itself. -1: none was added.
  int fd(PacketHook hook) const;

 private:
  struct Place {
    int program_fd;
    std::optional<FilterGate> gate;
  };
  std::map<PacketHook, Place> places_;
};

}  // namespace weir::kernel
