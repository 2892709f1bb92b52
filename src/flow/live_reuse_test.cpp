// SPDX-License-Identifier: Apache-2.0
// LiveFlows where tuples are used again, maps are full, and sockets are older than Weir.
#include <gtest/gtest.h>

#include <set>

#include "flow/test_kernel.h"

namespace weir::flow {
namespace {

using namespace std::chrono_literals;
using test::kAck;
using test::Kernel;
using test::kFin;
using test::kSyn;

uint32_t pid_of(const FlowEnd& end) {
  return end.process ? end.process->pid : 0;
}

/// A connection between two namespaces that is made and closed again and again.
struct Reused {
  explicit Reused(Kernel& kernel)
      : client(kernel.half("10.0.0.1", 4000, "10.0.0.2", 80, 1)),
        server(kernel.half("10.0.0.2", 80, "10.0.0.1", 4000, 2)) {}

  void use(uint64_t packets) {
    client.owned_by(10 + isn).sends(packets, packets * 50, kSyn | kFin).receives(1, 50, kSyn | kFin).ends();
    server.owned_by(20 + isn).receives(packets, packets * 50, kSyn | kFin).sends(1, 50, kSyn | kFin).ends();
  }
  void first(uint64_t packets) {
    isn = 1;
    client.initiates(isn);
    server.is_called(isn);
    use(packets);
  }
  void again(uint64_t packets, bool server_first = false, bool server_tells = true,
             bool client_tells = true) {
    isn++;
    if (server_first) server.begins_anew(isn, false, server_tells);
    client.begins_anew(isn, true, client_tells);
    if (!server_first) server.begins_anew(isn, false, server_tells);
    use(packets);
  }

  Kernel::Half client, server;
  uint32_t isn = 0;
};

void expect_flows(const Kernel& kernel, std::vector<uint64_t> source_packets) {
  std::vector<uint64_t> found;
  for (const FlowRecord& record : kernel.records) {
    found.push_back(record.source.packets);
    EXPECT_EQ(decode::to_string(record.source.address), "10.0.0.1");
    EXPECT_EQ(record.destination.packets, 1u);
    EXPECT_EQ(record.part, 1u);
    EXPECT_EQ(record.state, FlowState::closed);
    EXPECT_NE(pid_of(record.source), 0u);
    EXPECT_EQ(pid_of(record.source) + 10, pid_of(record.destination));
  }
  EXPECT_EQ(found, source_packets);
}

TEST(LiveReuse, a_tuple_used_again_is_another_flow_with_its_own_counts) {
  for (const bool server_first : {false, true})
    for (const int sweeps_between : {0, 1, 2}) {
      Kernel kernel;
      Reused reused(kernel);
      reused.first(5);
      kernel.sweeps(sweeps_between);
      reused.again(7, server_first);
      kernel.sweeps(sweeps_between);
      reused.again(9, server_first);
      kernel.finish();
      expect_flows(kernel, {5, 7, 9});
    }
}

TEST(LiveReuse, fifty_uses_between_two_sweeps_are_fifty_flows) {
  Kernel kernel;
  Reused reused(kernel);
  std::vector<uint64_t> expected;
  reused.first(2);
  expected.push_back(2);
  for (uint64_t packets = 3; packets < 52; packets++) {
    reused.again(packets);
    expected.push_back(packets);
  }
  kernel.finish();
  expect_flows(kernel, expected);
  EXPECT_EQ(kernel.flows.size(), 0u);
}

TEST(LiveReuse, a_new_beginning_after_the_ring_was_read_is_found_before_the_entry_is_taken_over) {
  for (const bool known : {false, true}) {
    Kernel kernel;
    Reused reused(kernel);
    reused.first(5);
    if (known) kernel.sweep();
    kernel.sweep([&] { reused.again(7); });
    kernel.finish();
    expect_flows(kernel, {5, 7});
  }
}

TEST(LiveReuse, a_half_that_is_told_a_sweep_later_still_finds_the_other) {
  Kernel kernel;
  Reused reused(kernel);
  reused.first(5);
  kernel.sweep();
  // The client's SYN left before the sweep, and reached the server after it.
  reused.isn = 2;
  reused.client.begins_anew(2, true);
  kernel.sweep();
  EXPECT_TRUE(kernel.records.empty());
  reused.server.begins_anew(2, false);
  reused.use(7);
  kernel.finish();
  expect_flows(kernel, {5, 7});
}

TEST(LiveReuse, a_past_half_whose_other_half_does_not_come_is_told_alone) {
  Kernel kernel;
  auto half = kernel.half("10.0.0.1", 4000, "192.0.2.1", 80);
  half.initiates(1).owned_by(11).sends(5, 250).receives(1, 50).ends();
  half.begins_anew(2, true).owned_by(12).sends(7, 350).receives(1, 50);
  kernel.sweep();
  EXPECT_TRUE(kernel.records.empty());
  kernel.sweep();
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.records[0].source.packets, 5u);
  kernel.finish();
  ASSERT_EQ(kernel.records.size(), 2u);
  EXPECT_EQ(kernel.records[1].source.packets, 7u);
  EXPECT_EQ(kernel.records[1].state, FlowState::open);
}

TEST(LiveReuse, on_loopback_there_is_nobody_to_wait_for) {
  Kernel kernel;
  auto half = kernel.half("127.0.0.1", 4000, "127.0.0.1", 80);
  half.initiates(1).sends(5, 250).ends();
  half.begins_anew(2, true).sends(7, 350);
  kernel.sweep();
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.records[0].source.packets, 5u);
}

TEST(LiveReuse, where_the_ring_had_no_room_the_two_flows_are_one_and_nothing_is_lost) {
  for (const bool known : {false, true}) {
    Kernel kernel;
    auto half = kernel.half("10.0.0.1", 4000, "192.0.2.1", 80);
    half.initiates(1).sends(5, 250).receives(2, 50).ends();
    if (known) kernel.sweep();
    half.begins_anew(2, true, false).sends(7, 350).receives(3, 50);
    kernel.finish();
    ASSERT_EQ(kernel.records.size(), 1u);
    EXPECT_EQ(kernel.packets(), 17u);
  }
}

TEST(LiveReuse, generations_go_on_after_two_hundred_and_fifty_six) {
  Kernel kernel;
  Reused reused(kernel);
  std::vector<uint64_t> expected = {1};
  reused.first(1);
  for (uint64_t packets = 2; packets < 301; packets++) {
    reused.again(packets);
    expected.push_back(packets);
    if (packets % 100 == 0) kernel.sweep();
  }
  kernel.finish();
  expect_flows(kernel, expected);
}

TEST(LiveReuse, a_tuple_that_begins_anew_while_it_is_taken_out_loses_no_packet) {
  Kernel kernel;
  auto half = kernel.half("10.0.0.1", 4000, "192.0.2.1", 80);
  half.initiates(1).sends(5, 250).receives(1, 50).ends();
  kernel.before_take = [&] {
    half.begins_anew(2, true).sends(7, 350);
    kernel.before_take = {};
  };
  kernel.sweeps(4);
  half.sends(3, 150);  // the entry was taken: a new one, that does not know the SYN
  kernel.finish();
  EXPECT_EQ(kernel.packets(), 5u + 1u + 7u + 3u);
}

TEST(LiveReuse, parts_before_the_new_beginning_belong_to_the_flow_before) {
  Kernel kernel({.interval = 500ms});
  Reused reused(kernel);
  reused.first(5);
  kernel.sweeps(2);
  ASSERT_EQ(kernel.records.size(), 1u);
  reused.again(7);
  kernel.finish();
  uint64_t sum = 0;
  for (const FlowRecord& record : kernel.records) sum += record.source.packets;
  EXPECT_EQ(sum, 12u);
  EXPECT_EQ(kernel.records[1].part, 2u);
  EXPECT_EQ(kernel.records[2].part, 1u);
}

decode::FlowOverflow packet_beyond(Kernel& kernel, uint16_t port, bool egress = true) {
  auto half = kernel.half("10.0.0.1", port, "192.0.2.1", 53, 1, IPPROTO_UDP);
  decode::FlowOverflow event;
  event.key = half.key;
  event.time_ns = kernel.clock.monotonic_ns;
  event.packets = 2;
  event.bytes = 200;
  event.from = static_cast<uint8_t>(egress ? half.local : half.remote());
  event.egress = egress;
  return event;
}

TEST(LiveReuse, packets_that_found_the_map_full_are_flows_of_their_own) {
  Kernel kernel({.other_idle = 2s});
  for (int i = 0; i < 3; i++) {
    kernel.flows.overflow(packet_beyond(kernel, 5000));
    kernel.flows.overflow(packet_beyond(kernel, 5000, false));
  }
  kernel.flows.overflow(packet_beyond(kernel, 5001));
  kernel.sweeps(6);
  ASSERT_EQ(kernel.records.size(), 2u);
  for (const FlowRecord& record : kernel.records) {
    EXPECT_EQ(record.state, FlowState::timeout);
    EXPECT_EQ(record.source.packets, record.source.port == 5000 ? 6u : 2u);
    EXPECT_EQ(record.destination.packets, record.source.port == 5000 ? 6u : 0u);
  }
}

TEST(LiveReuse, a_flow_that_gets_into_the_map_later_keeps_what_came_by_the_ring) {
  Kernel kernel;
  kernel.flows.overflow(packet_beyond(kernel, 5000));
  kernel.sweep();
  kernel.half("10.0.0.1", 5000, "192.0.2.1", 53, 1, IPPROTO_UDP).sends(10, 1000);
  kernel.finish();
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(kernel.records[0].source.packets, 12u);
  EXPECT_EQ(kernel.records[0].source.bytes, 1200u);
}

TEST(LiveReuse, beyond_the_tables_own_limit_each_packet_is_told_at_once) {
  Kernel kernel({.max_flows = 2});
  for (uint16_t port = 5000; port < 5005; port++) kernel.flows.overflow(packet_beyond(kernel, port));
  EXPECT_EQ(kernel.flows.size(), 2u);
  ASSERT_EQ(kernel.records.size(), 3u);
  for (const FlowRecord& record : kernel.records) {
    EXPECT_EQ(record.state, FlowState::evicted);
    EXPECT_EQ(record.source.packets, 2u);
  }
  EXPECT_EQ(kernel.flows.counters().evicted, 3u);
  kernel.finish();
  EXPECT_EQ(kernel.packets(), 10u);
}

socket_listing open_socket(const char* local, uint16_t local_port, const char* remote, uint16_t remote_port,
                           uint32_t netns, uint32_t pid, uint8_t state = 1) {
  socket_listing socket{};
  const decode::IpAddress ends[2] = {test::address(local), test::address(remote)};
  std::memcpy(socket.local_address, ends[0].bytes.data(), 16);
  std::memcpy(socket.remote_address, ends[1].bytes.data(), 16);
  socket.local_port = htons(local_port);
  socket.remote_port = htons(remote_port);
  socket.version = ends[0].version;
  socket.protocol = IPPROTO_TCP;
  socket.state = state;
  socket.owner.netns = netns;
  socket.owner.pid = pid;
  return socket;
}

constexpr uint8_t kListen = 10;

TEST(LiveReuse, listed_sockets_are_open_flows_at_once_with_the_listener_as_destination) {
  Kernel kernel;
  const std::vector<socket_listing> sockets = {
      open_socket("10.0.0.1", 22, "192.0.2.1", 4000, 1, 22),
      open_socket("0.0.0.0", 22, "0.0.0.0", 0, 1, 20, kListen),
      open_socket("10.0.0.1", 5000, "192.0.2.2", 443, 1, 33),
  };
  kernel.flows.list(sockets, kernel.clock);
  ASSERT_EQ(kernel.records.size(), 2u);
  for (const FlowRecord& record : kernel.records) {
    EXPECT_EQ(record.state, FlowState::open);
    EXPECT_TRUE(record.partial);
    EXPECT_EQ(record.source.packets + record.destination.packets, 0u);
    const bool serves = record.destination.port == 22;
    EXPECT_EQ(pid_of(serves ? record.destination : record.source), serves ? 22u : 33u);
  }
}

TEST(LiveReuse, a_listed_flow_that_moves_goes_on_with_part_two_and_the_same_start) {
  Kernel kernel;
  const std::vector<socket_listing> sockets = {open_socket("10.0.0.1", 5000, "192.0.2.2", 443, 1, 33)};
  kernel.flows.list(sockets, kernel.clock);
  auto half = kernel.half("10.0.0.1", 5000, "192.0.2.2", 443);
  kernel.sweep();
  half.receives(4, 400, kAck).sends(2, 100, kAck);  // the kernel's entry knows no owner
  half.entry().bits |= FLOW_PARTIAL;
  kernel.sweeps(2);
  half.ends(FLOW_CLOSED);
  kernel.sweeps(4);
  ASSERT_EQ(kernel.records.size(), 2u);
  const FlowRecord& record = kernel.records[1];
  EXPECT_EQ(record.part, 2u);
  EXPECT_TRUE(record.partial);
  EXPECT_EQ(record.start_ns, kernel.records[0].start_ns);
  EXPECT_EQ(pid_of(record.source.port == 5000 ? record.source : record.destination), 33u);
  EXPECT_EQ(record.source.packets + record.destination.packets, 6u);
}

TEST(LiveReuse, both_ends_of_a_connection_older_than_weir_are_one_flow) {
  Kernel kernel;
  const std::vector<socket_listing> sockets = {
      open_socket("10.0.0.1", 4000, "10.0.0.2", 80, 1, 11),
      open_socket("10.0.0.2", 80, "10.0.0.1", 4000, 2, 22),
      open_socket("10.0.0.2", 80, "0.0.0.0", 0, 2, 22, kListen),
  };
  kernel.flows.list(sockets, kernel.clock);
  ASSERT_EQ(kernel.records.size(), 1u);
  EXPECT_EQ(pid_of(kernel.records[0].source), 11u);
  EXPECT_EQ(pid_of(kernel.records[0].destination), 22u);
  EXPECT_EQ(kernel.records[0].destination.port, 80);
}

TEST(LiveReuse, a_second_list_reports_what_is_new_and_ends_what_is_gone) {
  Kernel kernel;
  const auto stays = open_socket("10.0.0.1", 5000, "192.0.2.2", 443, 1, 33);
  const auto goes = open_socket("10.0.0.1", 5001, "192.0.2.2", 443, 1, 34);
  const auto comes = open_socket("10.0.0.1", 5002, "192.0.2.2", 443, 1, 35);
  kernel.flows.list(std::vector{stays, goes}, kernel.clock);
  ASSERT_EQ(kernel.records.size(), 2u);
  kernel.flows.list(std::vector{stays, comes}, kernel.clock);
  ASSERT_EQ(kernel.records.size(), 3u);
  EXPECT_EQ(pid_of(kernel.records[2].source.port == 5002 ? kernel.records[2].source
                                                         : kernel.records[2].destination),
            35u);
  kernel.sweeps(2);
  ASSERT_EQ(kernel.records.size(), 4u);
  EXPECT_EQ(kernel.records[3].state, FlowState::closed);
  EXPECT_EQ(pid_of(kernel.records[3].source.port == 5001 ? kernel.records[3].source
                                                         : kernel.records[3].destination),
            34u);
}

TEST(LiveReuse, a_silent_listed_flow_stays_open_to_the_end_without_a_second_record) {
  Kernel kernel({.tcp_idle = 1s});
  const std::vector<socket_listing> sockets = {open_socket("10.0.0.1", 5000, "192.0.2.2", 443, 1, 33)};
  kernel.flows.list(sockets, kernel.clock);
  kernel.sweeps(10);
  kernel.finish();
  EXPECT_EQ(kernel.records.size(), 1u);
}

}  // namespace
}  // namespace weir::flow
