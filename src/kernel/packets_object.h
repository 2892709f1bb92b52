// SPDX-License-Identifier: Apache-2.0
// The capture programs, their ring and their counters: loads, attaches and, when destroyed, takes all of it
// away. Knows nothing of what packets mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/hook_programs.h"
#include "kernel/shortcoming.h"
#include "wire/packet_event.h"

namespace weir::kernel {

class PacketsObject {
 public:
  struct Plan {
    std::vector<PacketHook> hooks;  // whose programs to load; the others stay out of the kernel
    uint32_t snap_bytes = PACKET_LONGEST_COPY;
    bool headers_only = false;
    bool checksums = false;     // packet_event.checksum is wanted: takes some ns a packet
    uint32_t arrives_only = 0;  // packets_config
    uint8_t socket_direction = 0;
    uint64_t ring_bytes = 1 << 25;  // made a power of two, a page at least
    int socket_owners_fd = -1;      // a map to take over (SocketLister); -1: one of its own
    FilterMaker filter;             // before every hook's program; empty: none
    bool verbose = false;           // libbpf's own messages to stderr
  };

  /// Loads. `permission` and `unsupported` name what is missing; owners that cannot be had are a
  /// shortcoming.
  static base::Result<PacketsObject> load(const Plan& plan);

  PacketsObject(PacketsObject&&) noexcept;
  PacketsObject& operator=(PacketsObject&&) = delete;
  ~PacketsObject();

  /// Owners of new and of accepted sockets, through the cgroup root. Before the hooks. What cannot attach is
  /// a shortcoming.
  void attach_owners(int cgroup_fd);
  base::Result<> attach_cgroup(PacketHook hook, int cgroup_fd);
  /// By tcx where the kernel has it, else clsact.
  base::Result<> attach_tc(PacketHook hook, unsigned ifindex);
  base::Result<> attach_xdp(unsigned ifindex);
  /// Whether what comes to tc on this interface has lost its link header, because a generic XDP program,
  /// of whomever, runs before: since 6.9 the kernel copies each frame for such a program and forgets
  /// skb->mac_len (net/core/skbuff.c skb_pp_cow_data).
  static bool tc_lacks_link_header(unsigned ifindex);
  base::Result<> attach_packet_socket(unsigned ifindex);
  /// Of a hook that was loaded, not of the filter before it; borrowed. For tests.
  int program_fd(PacketHook hook) const;
  /// Takes all hooks away; the ring stays, with what is in it.
  void detach();

  int ring_fd() const;
  uint64_t ring_bytes() const;
  /// Sums since the start; costs no system call.
  packets_lost lost() const;
  /// Packets of one interface that matched and were not copied; 0: those at the cgroup.
  uint64_t lost_of(uint32_t ifindex) const;
  const std::vector<Shortcoming>& shortcomings() const;
  /// "tcx", "clsact": what attach_tc used; empty before.
  const std::string& tc_hook() const;

 private:
  struct State;
  explicit PacketsObject(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::kernel
