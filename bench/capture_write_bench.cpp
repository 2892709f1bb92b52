// SPDX-License-Identifier: Apache-2.0
// What writing a capture costs a packet, beside its floor: the same bytes copied and written in large pieces.
// Into WEIR_BENCH_FOLDER (default /dev/shm), and into /dev/null for the part that is ours.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "sink/capture_writer.h"

namespace {

using namespace weir;

constexpr int64_t kPackets = 1'000'000;

std::string target(bool null) {
  if (null) return "/dev/null";
  const char* folder = std::getenv("WEIR_BENCH_FOLDER");
  return std::string(folder != nullptr ? folder : "/dev/shm") + "/weir-capture-write-bench";
}

struct Owners {
  std::vector<decode::ProcessPtr> processes;
  Owners() {
    for (uint32_t i = 0; i < 16; ++i) {
      auto process = std::make_shared<decode::Process>();
      process->pid = 40'000 + i;
      process->uid = 1000;
      process->start_ns = 123'456'789'012'345;
      process->cgroup_id = 12'345;
      process->comm = process->executable = "worker";
      process->cgroup_path = "/system.slice/worker.service";
      processes.push_back(process);
    }
  }
};

enum Told : int64_t { kNothing, kDirection, kOwner };

void write_records(benchmark::State& state, bool pcap) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const std::string path = target(state.range(2) != 0);
  const std::vector<uint8_t> frame(bytes, 0x5a);
  const Owners owners;
  decode::PacketInterface interface;
  interface.name = "eth0";
  interface.link_type = 1;
  decode::PacketRecord record;
  record.data = frame;
  record.wire_bytes = static_cast<uint32_t>(bytes);
  record.interface = &interface;
  uint64_t file_bytes = 0;
  for (auto _ : state) {
    sink::CaptureWriterOptions options;
    options.path = path;
    options.pcap = pcap;
    auto writer = sink::CaptureWriter::open(std::move(options));
    if (!writer) return state.SkipWithError(writer.error().message.c_str());
    for (int64_t i = 0; i < kPackets; ++i) {
      record.time_ns = 1'763'717'239'000'000'000 + i;
      if (state.range(1) >= kDirection) record.direction = static_cast<decode::PacketDirection>(1 + i % 2);
      if (state.range(1) >= kOwner) record.process = owners.processes[static_cast<size_t>(i) % 16];
      (*writer)->write(record);
    }
    if (!(*writer)->finish({})) return state.SkipWithError("not written");
    file_bytes = (*writer)->counters().bytes;
  }
  state.counters["packets/s"] = benchmark::Counter(
      static_cast<double>(kPackets * static_cast<int64_t>(state.iterations())), benchmark::Counter::kIsRate);
  state.counters["bytes/packet"] = static_cast<double>(file_bytes) / kPackets;
  if (path != "/dev/null") ::unlink(path.c_str());
}

void pcapng(benchmark::State& state) {
  write_records(state, false);
}
void pcap(benchmark::State& state) {
  write_records(state, true);
}

/// `range(0)` bytes a packet: those of the formats above.
void floor_of(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const std::string path = target(state.range(2) != 0);
  const std::vector<uint8_t> block(bytes, 0x5a);
  constexpr size_t kPiece = 256 * 1024;
  const auto buffer = std::make_unique<uint8_t[]>(kPiece + bytes);
  for (auto _ : state) {
    const base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    size_t used = 0;
    for (int64_t i = 0; i < kPackets; ++i) {
      std::memcpy(buffer.get() + used, block.data(), bytes);
      used += bytes;
      if (used < kPiece) continue;
      if (::write(fd.get(), buffer.get(), used) < 0) return state.SkipWithError("not written");
      used = 0;
    }
  }
  state.counters["packets/s"] = benchmark::Counter(
      static_cast<double>(kPackets * static_cast<int64_t>(state.iterations())), benchmark::Counter::kIsRate);
  if (path != "/dev/null") ::unlink(path.c_str());
}

// Bytes, what is told, 1 for /dev/null.
void arguments(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(floor_of)
    ->Apply(arguments)
    ->Args({80, 0, 0})
    ->Args({112, 0, 0})
    ->Args({220, 0, 0})
    ->Args({112, 0, 1});
BENCHMARK(pcap)->Apply(arguments)->Args({64, kNothing, 0})->Args({64, kNothing, 1});
BENCHMARK(pcapng)
    ->Apply(arguments)
    ->Args({64, kNothing, 0})
    ->Args({64, kDirection, 0})
    ->Args({64, kOwner, 0})
    ->Args({64, kDirection, 1})
    ->Args({64, kOwner, 1});

}  // namespace

BENCHMARK_MAIN();
