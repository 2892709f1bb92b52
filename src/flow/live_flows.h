// SPDX-License-Identifier: Apache-2.0
// Sweeps of the kernel's flow entries in, flow records out: differences, ends, and the two halves of a flow
// whose ends are in two namespaces joined. Pure: no map, no clock and no /proc of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "decode/flow_snapshot.h"
#include "flow/flow_record.h"

namespace weir::flow {

struct LiveFlowsOptions {
  std::chrono::nanoseconds tcp_idle = std::chrono::minutes(5);
  std::chrono::nanoseconds other_idle = std::chrono::minutes(1);
  std::optional<std::chrono::nanoseconds> active = {};    // a part at least so often while a flow moves
  std::optional<std::chrono::nanoseconds> interval = {};  // a part of every flow that moved, so often
  uint64_t max_flows = 524288;  // kept here; beyond, what the kernel's maps had no room for ends at once
};

/// One moment on the clocks that entries speak of.
struct SweepClock {
  uint64_t monotonic_ns = 0;
  uint64_t jiffies = 0;
  uint64_t jiffy_ns = 4'000'000;
  int64_t wall_offset_ns = 0;  // added to CLOCK_MONOTONIC gives nanoseconds since 1970
};

struct LiveFlowsCounters {
  uint64_t flows = 0;      // begun
  uint64_t records = 0;    // emitted
  uint64_t joined = 0;     // flows with their two halves in two entries
  uint64_t evicted = 0;    // no room here for a packet that found the kernel's map full
  uint64_t intervals = 0;  // after which the parts of LiveFlowsOptions::interval were reported
};

class LiveFlows {
 public:
  using Emit = std::function<void(const FlowRecord&)>;
  /// An entry's details, as they are now; empty where there are none.
  using FetchDetails = std::function<std::optional<flow_details>(const decode::LiveKey&)>;
  using Resolve = std::function<decode::ProcessPtr(const socket_owner&)>;
  using NameInterface = std::function<std::string(uint32_t ifindex)>;

  LiveFlows(LiveFlowsOptions options, Emit emit, FetchDetails fetch, Resolve resolve,
            NameInterface name_interface);
  ~LiveFlows();
  LiveFlows(LiveFlows&&) noexcept;

  /// All sockets that are open, before packets are counted: each connected TCP one is an open flow, with a
  /// record at once; listening ones tell later which end of a flow that began before Weir is the destination.
  /// Called again it reports those that are new, and the next sweep ends those that are gone.
  void list(std::span<const socket_listing> sockets, const SweepClock& clock);

  /// The intervals of LiveFlowsOptions::interval lie on a grid that begins here, else with the first sweep.
  /// The first sweep after each point of the grid reports the parts, however late it is.
  void begin_intervals(uint64_t monotonic_ns);
  /// The next point of the grid; 0: there is none yet.
  uint64_t next_interval_ns() const { return next_interval_ns_; }

  void begin_sweep(const SweepClock& clock);
  /// One entry. False where its tuple began anew and the ring was not asked yet: drain it, then observe
  /// again.
  [[nodiscard]] bool observe(const decode::LiveKey& key, const flow_entry& entry);
  /// The same, also where the ring had no room to tell of the new beginning: the two flows are one then.
  void adopt(const decode::LiveKey& key, const flow_entry& entry);
  void restarted(const decode::FlowRestarted& event);
  void overflow(const decode::FlowOverflow& event);
  /// Emits the parts that are due. Gives the keys of what has ended: the caller takes each out of its map and
  /// calls `retire`, after having observed the last value, which may be that of another flow with the tuple.
  std::vector<decode::LiveKey> end_sweep();
  /// The entry's last value (empty: it was not in a map). The last record of a flow comes from here.
  void retire(const decode::LiveKey& key, const std::optional<flow_entry>& last,
              const std::optional<flow_details>& details);
  /// A last record of everything that lives; then the table is empty.
  void finish();

  /// Calls `each` with the totals since each flow's start, as a record whose state is that of a living one.
  void for_each(const std::function<void(const FlowRecord&)>& each);

  size_t size() const { return members_.size(); }
  const LiveFlowsCounters& counters() const { return counters_; }

 private:
  struct Member;
  struct Flow;

  /// A flow whose only known half is past.
  struct Past {
    std::shared_ptr<Flow> flow;
    uint64_t sweep;  // in which it was told of
  };
  /// A TCP connection as both its halves know it.
  struct Connection {
    decode::LiveKey wire;
    uint32_t isn;
    bool operator==(const Connection&) const = default;
  };
  struct HashConnection {
    size_t operator()(const Connection& connection) const {
      return connection.wire.hash() ^ connection.isn * 0x9e3779b97f4a7c15u;
    }
  };

  Member& member_of(const decode::LiveKey& key, const flow_entry& entry, const flow_details& details);
  void begin_flow(Member& member);
  static void take_over(Member& member, const flow_entry& entry, const flow_details& details);
  void refresh(Flow& flow);
  static bool may_join(const Member& member);
  void try_join(Member& member);
  Member* find_mirror(const Member& member, const decode::LiveKey& tuple);
  static bool is_turned(const Member& first, const Member& second);
  void leave_wires(Member& member);
  void join(std::shared_ptr<Flow> newer, std::shared_ptr<Flow> older);
  std::shared_ptr<Flow> make_past(Member& half);
  void tell_past(uint64_t sweeps);
  void drop(Member& member);
  bool over(const Member& member) const;
  bool moved(const Flow& flow) const;
  bool take_interval();
  /// Why a record is made: it decides the state of a flow that lives.
  enum class Moment { part, listed, end_of_run, ended };
  struct Sum;
  FlowRecord record_of(const Flow& flow, Moment moment) const;
  void put_end(const Flow& flow, const Sum& sum, size_t index, FlowRecord& record, FlowEnd& end) const;
  void put_times(const Flow& flow, const Sum& sum, FlowRecord& record) const;
  static FlowState state_of(const Sum& sum, Moment moment);
  size_t source_index(const Member& primary) const;
  void report(Flow& flow, Moment moment);

  LiveFlowsOptions options_;
  Emit emit_;
  FetchDetails fetch_;
  Resolve resolve_;
  NameInterface name_interface_;
  SweepClock clock_;
  uint64_t next_interval_ns_ = 0;
  LiveFlowsCounters counters_;
  std::unordered_map<decode::LiveKey, std::unique_ptr<Member>> members_;
  // By the 5-tuple on the wire (netns 0): those that look for their other half.
  std::unordered_multimap<decode::LiveKey, Member*> wires_;
  std::unordered_map<Connection, Past, HashConnection> past_;
  uint64_t sweep_ = 0;
  std::unordered_set<uint64_t> listening_;  // netns << 16 | port, TCP
};

}  // namespace weir::flow
