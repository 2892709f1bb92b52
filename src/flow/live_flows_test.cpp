// SPDX-License-Identifier: Apache-2.0
#include "flow/live_flows.h"

#include <gtest/gtest.h>

#include <set>

#include "flow/test_kernel.h"

namespace weir::flow {
namespace {

using namespace std::chrono_literals;
using test::kAck;
using test::Kernel;
using test::kFin;
using test::kMillisecond;
using test::kRst;
using test::kSyn;

uint32_t pid_of(const FlowEnd& end) {
  return end.process ? end.process->pid : 0;
}

/// Two halves of one TCP connection between namespaces 1 and 2, each with its owner.
struct Pair {
  explicit Pair(Kernel& kernel, uint16_t port = 4000)
      : client(kernel.half("10.0.0.1", port, "10.0.0.2", 80, 1)),
        server(kernel.half("10.0.0.2", 80, "10.0.0.1", port, 2)) {}

  Pair& connect(uint32_t isn) {
    client.initiates(isn).owned_by(11);
    server.is_called(isn).owned_by(22);
    return talk(3, 100, 2, 50, kSyn | kAck);
  }
  Pair& talk(uint64_t there, uint64_t there_bytes, uint64_t back, uint64_t back_bytes, uint8_t flags = kAck) {
    client.sends(there, there_bytes, flags).receives(back, back_bytes, flags);
    server.receives(there, there_bytes, flags).sends(back, back_bytes, flags);
    return *this;
  }
  Pair& hang_up() {
    talk(1, 40, 1, 40, kFin | kAck);
    client.ends();
    server.ends();
    return *this;
  }

  Kernel::Half client, server;
};

TEST(LiveFlows, an_ended_flow_is_told_once_when_its_entry_stays_idle) {
  Kernel kernel;
  Pair(kernel).connect(1).hang_up();
  kernel.sweeps(2);
  EXPECT_TRUE(kernel.records.empty());
  kernel.sweeps(3);
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.records[0].state, FlowState::closed);
  EXPECT_EQ(kernel.records[0].part, 1u);
  EXPECT_EQ(kernel.flows.size(), 0u);
  EXPECT_TRUE(kernel.entries.empty());
}

TEST(LiveFlows, halves_in_two_namespaces_become_one_flow_with_two_owners) {
  Kernel kernel;
  Pair pair(kernel);
  pair.connect(1).hang_up();
  kernel.finish();
  ASSERT_EQ(kernel.records.size(), 1u);
  const FlowRecord& record = kernel.records[0];
  EXPECT_EQ(decode::to_string(record.source.address), "10.0.0.1");
  EXPECT_EQ(record.source.port, 4000);
  EXPECT_EQ(record.destination.port, 80);
  EXPECT_EQ(pid_of(record.source), 11u);
  EXPECT_EQ(pid_of(record.destination), 22u);
  EXPECT_EQ(record.source.packets, 4u);
  EXPECT_EQ(record.source.bytes, 140u);
  EXPECT_EQ(record.destination.packets, 3u);
  EXPECT_EQ(record.destination.bytes, 90u);
  EXPECT_EQ(kernel.flows.counters().joined, 1u);
}

TEST(LiveFlows, sent_counts_where_any_was_seen_being_sent_else_received) {
  Kernel kernel;
  // Loopback: one entry sees each packet leave and arrive.
  auto loopback = kernel.half("127.0.0.1", 5000, "127.0.0.1", 80);
  loopback.sends(5, 500).sends(0, 0);
  loopback.entry().received[loopback.local].packets = 5;
  loopback.entry().received[loopback.local].bytes = 500;
  // From outside: only received, and one was lost on the way in.
  kernel.half("10.0.0.1", 80, "192.0.2.1", 6000).receives(7, 700).sends(2, 80);
  kernel.finish();
  ASSERT_EQ(kernel.records.size(), 2u);
  for (const FlowRecord& record : kernel.records) {
    const bool local = record.source.port == 5000;
    EXPECT_EQ(record.source.packets, local ? 5u : 7u);
    EXPECT_EQ(record.source.bytes, local ? 500u : 700u);
    EXPECT_EQ(record.destination.packets, local ? 0u : 2u);
  }
}

TEST(LiveFlows, loopback_and_link_local_halves_of_two_namespaces_never_join) {
  for (const auto& [one, two] : {std::pair("127.0.0.1", "127.0.0.1"),
                                 {"127.0.0.1", "127.0.0.2"},
                                 {"169.254.1.1", "169.254.1.2"},
                                 {"::1", "::1"},
                                 {"fe80::1", "fe80::2"}}) {
    Kernel kernel;
    kernel.half(one, 4000, two, 80, 1).initiates(1).sends(3, 100);
    kernel.half(two, 80, one, 4000, 2).is_called(1).receives(3, 100);
    kernel.finish();
    EXPECT_EQ(kernel.records.size(), 2u) << one;
    EXPECT_EQ(kernel.flows.counters().joined, 0u) << one;
  }
}

TEST(LiveFlows, two_hosts_with_the_same_addresses_are_not_joined) {
  Kernel kernel;
  kernel.half("10.0.0.1", 4000, "10.0.0.2", 80, 1).sends(3, 100).receives(1, 10);
  kernel.half("10.0.0.1", 4000, "10.0.0.2", 80, 2).sends(5, 200).receives(1, 10);
  kernel.finish();
  EXPECT_EQ(kernel.records.size(), 2u);
  EXPECT_EQ(kernel.packets(), 10u);
}

TEST(LiveFlows, connections_of_one_tuple_with_different_sequence_numbers_are_not_joined) {
  Kernel kernel;
  kernel.half("10.0.0.1", 4000, "10.0.0.2", 80, 1).initiates(111).sends(3, 100);
  kernel.half("10.0.0.2", 80, "10.0.0.1", 4000, 2).is_called(222).receives(3, 100);
  kernel.finish();
  EXPECT_EQ(kernel.records.size(), 2u);
}

TEST(LiveFlows, pings_and_protocols_without_ports_are_joined_too) {
  for (const uint8_t protocol : {IPPROTO_ICMP, IPPROTO_UDP, IPPROTO_GRE}) {
    Kernel kernel;
    const uint16_t id = protocol == IPPROTO_GRE ? 0 : 7;
    auto asks = kernel.half("10.0.0.1", id, "10.0.0.2", id, 1, protocol);
    asks.sends(3, 252).receives(3, 252).details().icmp_type = 8;
    kernel.pass(kMillisecond);
    kernel.half("10.0.0.2", id, "10.0.0.1", id, 2, protocol).sends(3, 252);
    kernel.finish();
    ASSERT_EQ(kernel.records.size(), 1u) << int{protocol};
    EXPECT_EQ(decode::to_string(kernel.records[0].source.address), "10.0.0.1") << int{protocol};
    EXPECT_EQ(kernel.packets(), 6u) << int{protocol};
  }
}

TEST(LiveFlows, with_nat_the_clients_own_addresses_name_the_flow) {
  for (const bool server_first : {false, true}) {
    Kernel kernel;
    const auto client = [&] {
      kernel.half("10.0.0.1", 4000, "203.0.113.9", 80, 1)
          .initiates(5)
          .owned_by(11)
          .sends(3, 100)
          .receives(2, 60)
          .translated("10.0.0.1", 4000, "10.0.0.2", 8080);
    };
    const auto server = [&] {
      kernel.half("10.0.0.2", 8080, "10.0.0.1", 4000, 2)
          .is_called(5)
          .owned_by(22)
          .sends(2, 60)
          .receives(3, 100);
    };
    server_first ? server() : client();
    kernel.sweep();
    server_first ? client() : server();
    kernel.finish();
    ASSERT_EQ(kernel.records.size(), 1u);
    const FlowRecord& record = kernel.records[0];
    EXPECT_EQ(decode::to_string(record.destination.address), "203.0.113.9");
    EXPECT_EQ(record.destination.port, 80);
    ASSERT_TRUE(record.destination.nat_address);
    EXPECT_EQ(decode::to_string(*record.destination.nat_address), "10.0.0.2");
    EXPECT_EQ(record.destination.nat_port, 8080);
    EXPECT_FALSE(record.source.nat_address);
    EXPECT_EQ(pid_of(record.source), 11u);
    EXPECT_EQ(pid_of(record.destination), 22u);
    EXPECT_EQ(kernel.packets(), 5u);
  }
}

TEST(LiveFlows, nat_that_is_told_later_joins_then) {
  Kernel kernel;
  auto client = kernel.half("10.0.0.1", 4000, "203.0.113.9", 80, 1);
  client.initiates(5).owned_by(11).sends(1, 60);
  kernel.half("10.0.0.2", 8080, "10.0.0.1", 4000, 2).is_called(5).owned_by(22).receives(1, 60);
  kernel.sweep();
  client.translated("10.0.0.1", 4000, "10.0.0.2", 8080);
  kernel.finish();
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.packets(), 1u);
}

TEST(LiveFlows, nat_inside_one_namespace_joins_crosswise_and_adds_what_each_half_sent) {
  Kernel kernel;
  // The SYN+ACK of a listener counts for the client's entry: no connected socket gave it its own tuple.
  auto client = kernel.half("127.0.0.1", 4000, "203.0.113.9", 80, 1);
  client.initiates(5).owned_by(11).sends(4, 400).translated("127.0.0.1", 4000, "127.0.0.1", 8080);
  client.entry().direction[client.remote()].sent_packets = 1;
  client.entry().direction[client.remote()].sent_bytes = 60;
  client.receives(3, 180);
  kernel.half("127.0.0.1", 8080, "127.0.0.1", 4000, 1)
      .is_called(5)
      .owned_by(22)
      .sends(2, 120)
      .receives(4, 400)
      .translated("203.0.113.9", 80, "127.0.0.1", 4000);
  kernel.finish();
  ASSERT_EQ(kernel.records.size(), 1u);
  const FlowRecord& record = kernel.records[0];
  EXPECT_EQ(decode::to_string(record.destination.address), "203.0.113.9");
  EXPECT_EQ(pid_of(record.destination), 22u);
  EXPECT_EQ(record.source.packets, 4u);
  EXPECT_EQ(record.destination.packets, 3u);
  EXPECT_EQ(record.destination.bytes, 180u);
}

TEST(LiveFlows, parts_are_differences_whose_sums_are_the_totals) {
  Kernel kernel({.interval = 1s});
  Pair pair(kernel);
  pair.connect(1);
  uint64_t there = 3;
  for (int second = 0; second < 4; second++) {
    kernel.sweeps(2);
    pair.talk(10, 1000, 5, 500);
    there += 10;
  }
  pair.hang_up();
  kernel.finish();
  uint64_t sum = 0;
  for (size_t i = 0; i < kernel.records.size(); i++) {
    const FlowRecord& record = kernel.records[i];
    EXPECT_EQ(record.part, i + 1);
    EXPECT_EQ(record.start_ns, kernel.records[0].start_ns);
    EXPECT_EQ(record.state, i + 1 == kernel.records.size() ? FlowState::closed : FlowState::established);
    sum += record.source.packets;
  }
  EXPECT_GE(kernel.records.size(), 4u);
  EXPECT_EQ(sum, there + 1);
}

TEST(LiveFlows, intervals_keep_to_their_grid_though_sweeps_are_late) {
  Kernel kernel({.interval = 1s});
  const uint64_t begin = kernel.clock.monotonic_ns;
  kernel.flows.begin_intervals(begin);
  const auto intervals_at = [&](uint64_t milliseconds) {
    kernel.clock.monotonic_ns = begin + milliseconds * kMillisecond;
    kernel.flows.begin_sweep(kernel.clock);
    EXPECT_TRUE(kernel.flows.end_sweep().empty());
    return kernel.flows.counters().intervals;
  };
  EXPECT_EQ(intervals_at(999), 0u);
  EXPECT_EQ(intervals_at(1000), 1u);
  EXPECT_EQ(intervals_at(1400), 1u);
  EXPECT_EQ(intervals_at(2300), 2u);  // late
  EXPECT_EQ(intervals_at(3000), 3u);  // the next one is not
  EXPECT_EQ(intervals_at(5600), 4u);  // one was missed: one long interval
  EXPECT_EQ(kernel.flows.next_interval_ns(), begin + 6000 * kMillisecond);
  EXPECT_EQ(intervals_at(5999), 4u);
  EXPECT_EQ(intervals_at(6000), 5u);
}

TEST(LiveFlows, a_flow_that_does_not_move_has_no_part) {
  Kernel kernel({.active = 1s, .interval = 1s});
  Pair(kernel).connect(1);
  kernel.sweeps(4);
  const size_t told = kernel.records.size();
  EXPECT_EQ(told, 1u);
  kernel.sweeps(10);
  EXPECT_EQ(kernel.records.size(), told);
}

TEST(LiveFlows, active_splits_only_flows_that_last) {
  Kernel kernel({.active = 2s});
  Pair lasting(kernel, 4000);
  lasting.connect(1);
  for (int sweep = 0; sweep < 12; sweep++) {
    kernel.sweep();
    lasting.talk(1, 50, 0, 0);
    if (sweep == 0) Pair(kernel, 4001).connect(2).hang_up();
  }
  kernel.finish();
  uint32_t brief = 0, parts = 0;
  for (const FlowRecord& record : kernel.records) (record.source.port == 4001 ? brief : parts)++;
  EXPECT_EQ(brief, 1u);
  EXPECT_GE(parts, 3u);
  EXPECT_EQ(kernel.packets(), 5u + 12u + 7u);
}

TEST(LiveFlows, a_flow_keeps_its_start_though_the_wall_clock_is_set) {
  Kernel kernel({.interval = 1s});
  Pair pair(kernel);
  pair.connect(1);
  kernel.sweeps(3);
  pair.talk(1, 40, 0, 0);
  kernel.pass(1'000 * kMillisecond);
  SweepClock set = kernel.clock;
  set.wall_offset_ns += 3'600'000'000'000;
  kernel.flows.begin_sweep(set);
  for (const auto& [key, each] : kernel.entries) ASSERT_TRUE(kernel.flows.observe(key, each.entry));
  EXPECT_TRUE(kernel.flows.end_sweep().empty());
  ASSERT_EQ(kernel.records.size(), 2u);
  EXPECT_EQ(kernel.records[0].start_ns, kernel.records[1].start_ns);
}

TEST(LiveFlows, idle_flows_end_by_timeout_each_protocol_by_its_own) {
  Kernel kernel({.tcp_idle = 10s, .other_idle = 3s});
  kernel.half("10.0.0.1", 4000, "192.0.2.1", 80).sends(1, 60).receives(1, 60);
  kernel.half("10.0.0.1", 4000, "192.0.2.1", 53, 1, IPPROTO_UDP).sends(1, 60).receives(1, 60);
  kernel.sweeps(5);
  EXPECT_TRUE(kernel.records.empty());
  kernel.sweeps(5);
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.records[0].protocol, IPPROTO_UDP);
  EXPECT_EQ(kernel.records[0].state, FlowState::timeout);
  kernel.sweeps(15);
  ASSERT_EQ(kernel.records.size(), 2u);
  EXPECT_EQ(kernel.records[1].state, FlowState::timeout);
  EXPECT_TRUE(kernel.entries.empty());
}

TEST(LiveFlows, a_flow_with_one_half_alive_is_not_ended) {
  Kernel kernel;
  Pair pair(kernel);
  pair.connect(1);
  pair.client.ends();
  for (int sweep = 0; sweep < 6; sweep++) {
    pair.server.sends(1, 50);
    kernel.sweep();
  }
  EXPECT_TRUE(kernel.records.empty());
  pair.server.ends();
  kernel.sweeps(4);
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.records[0].destination.packets, 8u);
}

TEST(LiveFlows, the_last_value_counts_what_came_after_the_sweep) {
  Kernel kernel;
  auto half = kernel.half("10.0.0.1", 4000, "192.0.2.1", 80);
  half.initiates(1).sends(2, 100).receives(1, 50).ends();
  kernel.before_take = [&] {
    half.receives(1, 40);
    kernel.before_take = {};
  };
  kernel.sweeps(4);
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.packets(), 4u);
}

struct StateCase {
  const char* name;
  uint8_t source_flags, destination_flags, bits;
  uint64_t answers;
  FlowState ended, alive;
};

TEST(LiveFlows, flags_and_bits_decide_the_state) {
  const StateCase cases[] = {
      {"FIN both ways", kSyn | kFin, kSyn | kFin, FLOW_ENDED, 2, FlowState::closed, FlowState::closed},
      {"FIN both ways and a RST", kFin, kFin | kRst, FLOW_ENDED, 2, FlowState::closed, FlowState::closed},
      {"a RST", kSyn, kRst, FLOW_ENDED, 2, FlowState::reset, FlowState::reset},
      {"a RST to the SYN", kSyn, kRst, FLOW_ENDED | FLOW_REFUSED, 1, FlowState::rejected,
       FlowState::rejected},
      {"the socket closed", kAck, kAck, FLOW_ENDED | FLOW_CLOSED, 2, FlowState::closed, FlowState::closed},
      {"the socket gave up", kSyn, 0, FLOW_ENDED | FLOW_CLOSED, 0, FlowState::timeout, FlowState::timeout},
      {"an ICMP error", kSyn, 0, FLOW_ICMP_ERROR, 0, FlowState::rejected, FlowState::rejected},
      {"an ICMP error in between", kAck, kAck, FLOW_ICMP_ERROR, 3, FlowState::timeout, FlowState::open},
      {"nothing special", kAck, kAck, 0, 3, FlowState::timeout, FlowState::open},
      {"no answer", kSyn, 0, 0, 0, FlowState::timeout, FlowState::fresh},
  };
  for (const bool runs_on : {false, true})
    for (const StateCase& each : cases) {
      Kernel kernel({.tcp_idle = 1s});
      auto half = kernel.half("10.0.0.1", 4000, "192.0.2.1", 80);
      half.initiates(1).sends(2, 100, each.source_flags).receives(each.answers, 50, each.destination_flags);
      half.entry().bits |= each.bits;
      if (runs_on)
        kernel.sweeps(8);
      else
        kernel.finish();
      ASSERT_EQ(kernel.records.size(), 1u) << each.name;
      EXPECT_STREQ(to_string(kernel.records[0].state), to_string(runs_on ? each.ended : each.alive))
          << each.name;
    }
}

TEST(LiveFlows, finish_tells_everything_once_and_empties_the_table) {
  Kernel kernel({.interval = 1s});
  Pair(kernel, 4000).connect(1);
  kernel.sweeps(3);
  EXPECT_EQ(kernel.records.size(), 1u);
  Pair(kernel, 4001).connect(2).hang_up();
  kernel.finish();
  EXPECT_EQ(kernel.records.size(), 2u);  // the first has not moved since its part
  EXPECT_EQ(kernel.packets(), 5u + 7u);
  EXPECT_EQ(kernel.flows.size(), 0u);
}

TEST(LiveFlows, a_snapshot_tells_totals_and_changes_nothing) {
  Kernel kernel({.interval = 1s});
  Pair pair(kernel);
  pair.connect(1);
  kernel.sweeps(4);
  pair.talk(10, 1000, 0, 0);
  kernel.sweep();
  std::vector<FlowRecord> seen;
  kernel.flows.for_each([&](const FlowRecord& record) { seen.push_back(record); });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].source.packets, 13u);
  EXPECT_EQ(seen[0].state, FlowState::established);
  kernel.finish();
  EXPECT_EQ(kernel.packets(), 15u);
}

TEST(LiveFlows, round_trips_handshakes_and_interfaces_come_from_the_details) {
  Kernel kernel;
  auto half = kernel.half("10.0.0.1", 4000, "192.0.2.1", 80, 0);
  half.initiates(1).sends(2, 100).receives(1, 50);
  half.details().established_ns = half.details().syn_ns + 184'000;
  half.entry().srtt_us[half.local] = 201;
  half.details().interfaces[0] = 3;
  half.details().interfaces[1] = 7;
  kernel.finish();
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.records[0].handshake_ns, 184'000u);
  EXPECT_EQ(kernel.records[0].srtt_ns, 201'000u);
  EXPECT_EQ(kernel.records[0].interfaces, (std::vector<std::string>{"if3", "if7"}));
  EXPECT_FALSE(kernel.records[0].netns);
}

}  // namespace
}  // namespace weir::flow
