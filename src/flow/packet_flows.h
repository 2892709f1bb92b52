// SPDX-License-Identifier: Apache-2.0
// Packets in, flow records out: the flow table for captures. Knows no file, no kernel, no clock of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/flow_index.h"
#include "flow/flow_record.h"
#include "flow/fragment_table.h"
#include "flow/owner_table.h"
#include "flow/slot_pool.h"
#include "flow/timer_wheel.h"
#include "wire/packet_info.h"

namespace weir::flow {

/// One parsed packet with a valid IP header (PACKET_HAS_IP).
struct FlowPacket {
  packet_info info;
  int64_t time_ns;           // since 1970
  const uint8_t* data;       // the frame as parsed, for what an ICMP error quotes; may be null
  uint32_t captured_bytes;   // of data
  uint32_t interface;        // index, see PacketFlows::name_interface
  decode::ProcessPtr owner;  // of the packet's sender or receiver; null: unknown
  bool owner_sends = false;
};

struct PacketFlowsOptions {
  std::chrono::nanoseconds tcp_idle = std::chrono::minutes(5);
  std::chrono::nanoseconds other_idle = std::chrono::minutes(1);
  std::chrono::nanoseconds end_wait = std::chrono::seconds(5);
  std::optional<std::chrono::nanoseconds> active;
  uint64_t max_flows = 1'000'000;
};

struct PacketFlowsCounters {
  uint64_t packets = 0;
  uint64_t bytes = 0;  // octets of IP packets
  uint64_t flows = 0;  // begun
  uint64_t records = 0;
  uint64_t evicted = 0;           // flows that made room for others and had not ended
  uint64_t times_backwards = 0;   // packets older than one before them; taken as of the same time
  uint64_t fragment_orphans = 0;  // later fragments whose first was not seen
  uint64_t fragments_evicted = 0;
  uint64_t quotes_unknown = 0;  // ICMP errors whose quoted flow is not in the table, or cannot be read
};

/// The meaning of every field is FlowRecord's. Ends: FIN both ways or RST and then no packet for end_wait;
/// idle; eviction of the least recently seen of 16 neighbours when max_flows is reached; finish().
class PacketFlows {
 public:
  using Emit = std::function<void(const FlowRecord&)>;
  /// Interfaces beyond this index are not named in records.
  static constexpr uint32_t kNamedInterfaces = 63;
  static constexpr uint64_t kMaxFlows = uint64_t{1} << 28;

  /// `emit` gets each record, valid during the call; it must not call back. Fails with bad_input for a
  /// max_flows of 0 or above kMaxFlows, and with resource.
  static base::Result<PacketFlows> create(const PacketFlowsOptions& options, Emit emit);

  /// What a table of so many flows takes, all full, growth included.
  static constexpr uint64_t memory_bytes(uint64_t max_flows) {
    return max_flows * sizeof(FlowSlot) + FlowIndex::memory_bytes(max_flows);
  }

  /// The name that records give to interface `index`; without one it is left out.
  void name_interface(uint32_t index, std::string name);

  /// Batches of about 32 are fastest: memory is fetched ahead.
  void add(std::span<const FlowPacket> packets);
  void add(const FlowPacket& packet) { add(std::span(&packet, 1)); }
  /// Ends what is over by `time_ns` without a packet.
  void advance(int64_t time_ns);
  /// The end of the input: a last record of every flow that still lives. Then the table is empty.
  void finish();

  PacketFlowsCounters counters() const;
  uint32_t live_flows() const { return slots_.in_use(); }

 private:
  enum class Cause { part, ended_or_idle, evicted, finish };

  PacketFlows(const PacketFlowsOptions& options, Emit emit, SlotPool slots, uint64_t seed);

  void move_clock(int64_t time_ns);
  void count(const FlowPacket& packet, const OrientedKey& oriented, uint32_t hash);
  OrientedKey fragment_key(const packet_info& info);
  uint32_t find(const FlowKey& key, uint32_t hash) const;
  uint32_t take_slot();
  void begin(uint32_t slot, const FlowPacket& packet, const OrientedKey& oriented, uint32_t hash);
  void end(uint32_t slot, Cause cause);
  void evict_one();
  void look(uint32_t slot);
  void mark_quoted(const FlowPacket& error);
  int64_t end_deadline(const FlowSlot& flow) const;
  void emit(FlowSlot& flow, Cause cause);

  int64_t tcp_idle_ns_;
  int64_t other_idle_ns_;
  int64_t end_wait_ns_;
  int64_t active_ns_;  // 0: off
  uint64_t seed_;
  Emit emit_;
  SlotPool slots_;
  FlowIndex index_;
  TimerWheel wheel_;
  FragmentTable fragments_;
  OwnerTable owners_;
  PacketFlowsCounters counters_;
  std::vector<std::string> interface_names_;
  FlowRecord record_;  // used again for every record
  int64_t now_ns_ = 0;
  bool started_ = false;
  uint32_t hand_ = 0;  // where evict_one goes on
};

}  // namespace weir::flow
