// SPDX-License-Identifier: Apache-2.0
// What the flow table costs a packet, beside the floors under it: copying the frames, parsing, making keys.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "bench/traffic.h"
#include "decode/packet.h"
#include "flow/community_id.h"
#include "flow/packet_flows.h"
#include "packet/parse.h"

namespace weir::bench {
namespace {

/// The frames of one made capture, one after the other as in a file.
class Frames {
 public:
  struct Header {
    int64_t time_ns;
    uint32_t captured_bytes;
    uint32_t wire_bytes;
  };

  Frames(uint32_t packets, uint32_t flows) : packets_(packets) {
    Traffic traffic({.packets = packets, .flows = flows});
    Frame frame;
    while (traffic.next(frame)) {
      const Header header = {frame.time_ns, static_cast<uint32_t>(frame.headers.size()), frame.wire_bytes};
      const size_t at = bytes_.size();
      bytes_.resize(at + sizeof header + frame.headers.size());
      std::memcpy(&bytes_[at], &header, sizeof header);
      std::memcpy(&bytes_[at + sizeof header], frame.headers.data(), frame.headers.size());
    }
  }

  uint32_t packets() const { return packets_; }

  /// Calls `take(header, data)` for each frame.
  template <class Take>
  void each(Take take) const {
    for (size_t at = 0; at < bytes_.size();) {
      Header header;
      std::memcpy(&header, &bytes_[at], sizeof header);
      take(header, &bytes_[at + sizeof header]);
      at += sizeof header + header.captured_bytes;
    }
  }

 private:
  uint32_t packets_;
  std::vector<uint8_t> bytes_;
};

const Frames& frames(uint32_t flows) {
  static std::vector<std::pair<uint32_t, Frames>> made;
  for (const auto& [count, capture] : made)
    if (count == flows) return capture;
  made.clear();  // one at a time: each is some 250 MB
  return made.emplace_back(flows, Frames(3'000'000, flows)).second;
}

/// Hands on parsed packets in batches of 32.
template <class Take>
void parse_all(const Frames& capture, Take take) {
  std::array<flow::FlowPacket, 32> batch;
  size_t filled = 0;
  capture.each([&](const Frames::Header& header, const uint8_t* data) {
    flow::FlowPacket& packet = batch[filled];
    const packet_result result = decode::parse_packet(PACKET_LINK_ETHERNET, data, header.captured_bytes,
                                                      header.wire_bytes, false, packet.info);
    if (!PACKET_HAS_IP(result)) return;
    packet.time_ns = header.time_ns;
    packet.data = data;
    packet.captured_bytes = header.captured_bytes;
    packet.interface = 0;
    if (++filled < batch.size()) return;
    take(std::span<const flow::FlowPacket>(batch));
    filled = 0;
  });
  take(std::span<const flow::FlowPacket>(batch.data(), filled));
}

void per_packet(benchmark::State& state, const Frames& capture) {
  const auto packets = static_cast<double>(state.iterations()) * capture.packets();
  state.counters["per_packet"] =  // in seconds; the library writes "86n"
      benchmark::Counter(packets, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void read_frames(benchmark::State& state) {
  const Frames& capture = frames(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    uint64_t sum = 0;
    capture.each(
        [&](const Frames::Header& header, const uint8_t* data) { sum += header.wire_bytes + data[12]; });
    benchmark::DoNotOptimize(sum);
  }
  per_packet(state, capture);
}

void read_and_parse(benchmark::State& state) {
  const Frames& capture = frames(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state)
    parse_all(capture, [](std::span<const flow::FlowPacket> batch) {
      benchmark::DoNotOptimize(batch.data());
      benchmark::ClobberMemory();
    });
  per_packet(state, capture);
}

void read_parse_and_hash(benchmark::State& state) {
  const Frames& capture = frames(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    uint32_t sum = 0;
    parse_all(capture, [&](std::span<const flow::FlowPacket> batch) {
      for (const flow::FlowPacket& packet : batch) sum += flow::hash_key(flow::make_key(packet.info).key, 1);
    });
    benchmark::DoNotOptimize(sum);
  }
  per_packet(state, capture);
}

void flow_table(benchmark::State& state, bool with_community_id) {
  const Frames& capture = frames(static_cast<uint32_t>(state.range(0)));
  uint64_t records = 0;
  uint64_t most_flows = 0;
  for (auto _ : state) {
    auto flows = flow::PacketFlows::create({}, [&](const flow::FlowRecord& record) {
      ++records;
      if (!with_community_id) return;
      char id[flow::kCommunityIdBytes];
      flow::write_community_id(record, 0, id);
      benchmark::DoNotOptimize(id);
    });
    if (!flows) return state.SkipWithError(flows.error().message.c_str());
    parse_all(capture, [&](std::span<const flow::FlowPacket> batch) { flows->add(batch); });
    most_flows = flows->live_flows();
    flows->finish();
  }
  per_packet(state, capture);
  state.counters["records"] = static_cast<double>(records) / static_cast<double>(state.iterations());
  state.counters["alive_at_end"] = static_cast<double>(most_flows);
}

void read_parse_and_table(benchmark::State& state) {
  flow_table(state, false);
}
void read_parse_table_and_community_id(benchmark::State& state) {
  flow_table(state, true);
}

void community_id(benchmark::State& state) {
  flow::FlowRecord record;
  record.protocol = 6;
  record.has_ports = true;
  record.source.port = 1;
  char id[flow::kCommunityIdBytes];
  for (auto _ : state) {
    ++record.destination.port;
    flow::write_community_id(record, 0, id);
    benchmark::DoNotOptimize(id);
  }
}

void register_all() {
  const struct {
    const char* name;
    void (*run)(benchmark::State&);
  } cases[] = {{"read", read_frames},
               {"read_parse", read_and_parse},
               {"read_parse_hash", read_parse_and_hash},
               {"read_parse_table", read_parse_and_table},
               {"read_parse_table_id", read_parse_table_and_community_id}};
  for (const int64_t flows : {1'000, 16'000, 150'000})
    for (const auto& each : cases)
      benchmark::RegisterBenchmark(each.name, each.run)->Arg(flows)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("community_id", community_id);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  weir::bench::register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
