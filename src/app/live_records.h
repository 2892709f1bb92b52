// SPDX-License-Identifier: Apache-2.0
// Events of the capture programs as packet records: wall time, owner, interface, what was lost before. Knows
// no ring and no output.
#pragma once

#include <cstdint>
#include <vector>

#include "app/packet_taps.h"
#include "app/packet_trail.h"
#include "decode/packet_event.h"
#include "decode/packet_record.h"
#include "identity/process_table.h"
#include "sink/capture_writer.h"
#include "source/boot_clock.h"

namespace weir::app {

class LiveRecords {
 public:
  LiveRecords(PacketTaps& taps, int cgroup_root);

  /// Looks at the clocks and at what was lost. Before each look at the ring.
  void refresh();
  /// Valid until the next call; borrows the event's bytes.
  const decode::PacketRecord& record_of(const decode::PacketEvent& event);
  /// A packet that nobody will see any more (after -c).
  void count(const decode::PacketEvent& event);

  uint64_t received() const { return received_; }
  /// Per interface, for the capture's end.
  std::vector<sink::InterfaceCounts> interface_counts() const;

 private:
  struct Counts {
    uint64_t received = 0;
    uint64_t lost = 0;
    uint64_t untold = 0;  // of lost: not yet in a record
  };
  Counts& counts_of(uint32_t index);
  decode::ProcessPtr owner_of(const socket_owner& owner);

  PacketTaps& taps_;
  identity::ProcessTable processes_;
  source::BootClock clock_;
  std::optional<PacketTrail> trail_;  // empty: a packet is seen once only
  decode::PacketRecord record_;
  std::vector<Counts> counts_;  // by interface index
  socket_owner last_owner_{};
  decode::ProcessPtr last_process_;
  uint64_t received_ = 0;
  uint64_t ring_full_ = 0;
};

}  // namespace weir::app
