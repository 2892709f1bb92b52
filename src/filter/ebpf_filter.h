// SPDX-License-Identifier: Apache-2.0
// Classic BPF -> eBPF for each kind of hook, with libpcap's verdict on the frame as it was on the wire; knows
// nothing of loading (the caller loads and attaches) nor of expressions.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "filter/classic_program.h"

namespace weir::filter {

enum class Hook : uint8_t {
  xdp,          // BPF_PROG_TYPE_XDP, from the Ethernet header
  tc_ethernet,  // BPF_PROG_TYPE_SCHED_CLS (clsact, tcx), from the Ethernet header
  tc_raw,       // the same on interfaces without a link header (tun, WireGuard): from the IP header
  cgroup_skb,   // from the IP header
  socket,       // BPF_PROG_TYPE_SOCKET_FILTER on an AF_PACKET socket: from the Ethernet header
};

/// What the hook's program returns so that a packet goes on as if there were no filter: XDP_PASS,
/// TC_ACT_UNSPEC, 1 at cgroup_skb, 0 (nothing for the socket).
int32_t pass_value(Hook hook);
/// Whether the hook's packets begin with an Ethernet header: the link type to compile the expression for.
bool has_ethernet_header(Hook hook);

struct EbpfTarget {
  Hook hook = Hook::tc_ethernet;
  Direction direction = Direction::of_packet;  // of_packet is not to be had at XDP

  /// Leave stripped VLAN tags out, as tcpdump sees packets live. Else they are put back, so that the filter
  /// sees the frame as on the wire.
  bool vlan_transparent = false;
  /// The kernel has bpf_xdp_load_bytes (5.18): XDP fragments are read, and the program may be loaded with
  /// BPF_F_XDP_HAS_FRAGS. The other hooks have such a helper on every kernel.
  bool xdp_load_bytes = true;
  /// Off: every load calls a helper; larger cost, but the verifier has next to nothing to prove. For the
  /// program that a kernel refuses as too complex.
  bool direct_access = true;

  /// Runs for a packet that matches: r6 holds the context, the other registers nothing; ends with an exit.
  std::vector<bpf_insn> accept;
  /// What a packet that does not match makes the program return.
  int32_t reject = 0;
};

/// Tail call of `prog_array_fd`[index]; the hook's pass_value where nothing is there.
std::vector<bpf_insn> accept_by_tail_call(Hook hook, int prog_array_fd, uint32_t index = 0);
std::vector<bpf_insn> accept_by_value(int32_t value);

/// `program` must be what check_classic takes; it is checked. Fails with bad_input where it is not, and with
/// unsupported where it loads what this hook does not know (the instruction's number, what, and the hook).
base::Result<std::vector<bpf_insn>> translate_to_ebpf(ClassicSpan program, const EbpfTarget& target);

}  // namespace weir::filter
