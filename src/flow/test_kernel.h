// SPDX-License-Identifier: Apache-2.0
// A kernel for the tests of LiveFlows: entries, details and ring that tests write by hand, swept as a live
// run sweeps.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "flow/live_flows.h"

namespace weir::flow::test {

inline constexpr uint64_t kMillisecond = 1'000'000;
inline constexpr int64_t kWallOffset = 1'700'000'000'000'000'000;
inline constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;

inline decode::IpAddress address(const std::string& text) {
  decode::IpAddress made;
  made.version = text.find(':') == std::string::npos ? 4 : 6;
  inet_pton(made.version == 4 ? AF_INET : AF_INET6, text.c_str(), made.bytes.data());
  return made;
}

struct Kernel {
  struct Entry {
    flow_entry entry{};
    flow_details details{};
  };

  /// One socket's side of a flow, and what it does.
  struct Half {
    Kernel* kernel;
    decode::LiveKey key;
    uint32_t local;

    Entry& at() { return kernel->entries[key]; }
    flow_entry& entry() { return at().entry; }
    flow_details& details() { return at().details; }
    uint32_t remote() const { return local ^ 1; }

    Half& owned_by(uint32_t pid) {
      details().owner[local].pid = pid;
      return *this;
    }
    Half& sends(uint64_t packets, uint64_t bytes, uint8_t flags = 0) {
      entry().direction[local].sent_packets += packets;
      entry().direction[local].sent_bytes += bytes;
      return touch(local, flags);
    }
    Half& receives(uint64_t packets, uint64_t bytes, uint8_t flags = 0) {
      entry().received[remote()].packets += packets;
      entry().received[remote()].bytes += bytes;
      return touch(remote(), flags);
    }
    /// A connect: `isn` is the SYN's sequence number.
    Half& initiates(uint32_t isn) { return begins(isn, local); }
    Half& is_called(uint32_t isn) { return begins(isn, remote()); }
    Half& ends(uint8_t bits = 0) {
      entry().bits |= static_cast<uint8_t>(FLOW_ENDED | bits);
      details().end_ns = kernel->clock.monotonic_ns;
      return *this;
    }
    /// On the wire, local and remote are these.
    Half& translated(const char* local_address, uint16_t local_port, const char* remote_address,
                     uint16_t remote_port) {
      const decode::IpAddress ends[2] = {address(local_address), address(remote_address)};
      const uint16_t ports[2] = {local_port, remote_port};
      for (uint32_t i = 0; i < 2; i++) {
        const uint32_t index = i == 0 ? local : remote();
        std::memcpy(details().wire_address[index], ends[i].bytes.data(), 16);
        details().wire_port[index] = htons(ports[i]);
      }
      entry().bits |= FLOW_TRANSLATED;
      return *this;
    }
    /// The tuple is used again: the ring gets the state before (unless it is full), counters go on.
    Half& begins_anew(uint32_t isn, bool initiator, bool ring_has_room = true) {
      if (ring_has_room) {
        const decode::FlowRestarted event{key, entry(), details()};
        kernel->ring.push_back([event](LiveFlows& flows) { flows.restarted(event); });
      }
      entry().generation++;
      entry().bits = entry().phase = entry().initiator = 0;
      entry().tcp_flags[0] = entry().tcp_flags[1] = 0;
      details() = {};
      return begins(isn, initiator ? local : remote());
    }

   private:
    Half& begins(uint32_t isn, uint32_t initiator) {
      entry().isn = isn;
      entry().initiator = static_cast<uint8_t>(initiator + 1);
      details().start_ns = details().syn_ns = kernel->clock.monotonic_ns;
      details().first_sender = static_cast<uint8_t>(initiator + 1);
      return *this;
    }
    Half& touch(uint32_t from, uint8_t flags) {
      if (!details().start_ns) details().start_ns = kernel->clock.monotonic_ns;
      if (!details().first_sender) details().first_sender = static_cast<uint8_t>(from + 1);
      entry().tcp_flags[from] |= flags;
      entry().direction[from].last_jiffies = static_cast<uint32_t>(kernel->clock.jiffies);
      return *this;
    }
  };

  explicit Kernel(LiveFlowsOptions options = {})
      : flows(
            options, [this](const FlowRecord& record) { records.push_back(record); },
            [this](const decode::LiveKey& key) -> std::optional<flow_details> {
              const auto found = entries.find(key);
              if (found == entries.end()) return std::nullopt;
              return found->second.details;
            },
            [](const socket_owner& owner) {
              auto process = std::make_shared<decode::Process>();
              process->pid = owner.pid;
              return process;
            },
            [](uint32_t ifindex) { return "if" + std::to_string(ifindex); }) {
    pass(kMillisecond);
  }

  /// A half whose entry appears with its first packet.
  Half half(const char* local, uint16_t local_port, const char* remote, uint16_t remote_port,
            uint32_t netns = 1, uint8_t protocol = IPPROTO_TCP) {
    Half made{this, {}, 0};
    made.key = decode::LiveKey::canonical(address(local), htons(local_port), address(remote),
                                          htons(remote_port), protocol, netns, &made.local);
    return made;
  }

  void pass(uint64_t nanoseconds) {
    clock.monotonic_ns += nanoseconds;
    clock.jiffies = clock.monotonic_ns / clock.jiffy_ns;
    clock.wall_offset_ns = kWallOffset;
  }

  void drain() {
    while (!ring.empty()) {
      ring.front()(flows);
      ring.pop_front();
    }
  }

  /// Half a second later; `late`: what happens after the ring was drained, before the entries are read.
  void sweep(const std::function<void()>& late = {}) {
    pass(500 * kMillisecond);
    flows.begin_sweep(clock);
    drain();
    if (late) late();
    const auto seen = entries;
    for (const auto& [key, each] : seen) {
      if (flows.observe(key, each.entry)) continue;
      drain();
      flows.adopt(key, each.entry);
    }
    for (const decode::LiveKey& key : flows.end_sweep()) {
      if (before_take) before_take();
      const auto found = entries.find(key);
      if (found == entries.end()) {
        flows.retire(key, std::nullopt, std::nullopt);
        continue;
      }
      const Entry last = found->second;
      entries.erase(found);
      if (!flows.observe(key, last.entry)) drain();
      flows.retire(key, last.entry, last.details);
    }
  }
  void sweeps(int times) {
    for (int i = 0; i < times; i++) sweep();
  }
  void finish() {
    sweep();
    flows.finish();
  }

  /// Sums over all records so far.
  uint64_t packets() const {
    uint64_t sum = 0;
    for (const FlowRecord& record : records) sum += record.source.packets + record.destination.packets;
    return sum;
  }

  SweepClock clock;
  std::unordered_map<decode::LiveKey, Entry> entries;
  std::deque<std::function<void(LiveFlows&)>> ring;
  std::function<void()> before_take;  // runs between the sweep and the taking of what has ended
  std::vector<FlowRecord> records;
  LiveFlows flows;
};

}  // namespace weir::flow::test
