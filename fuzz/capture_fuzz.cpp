// SPDX-License-Identifier: Apache-2.0
// Any bytes, read as a capture: no crash, only packets within bounds, and the same in small pieces as at
// once.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "source/capture_format.h"
#include "source/capture_reader.h"

namespace {

using namespace weir;

struct Summary {
  bool opened = false;
  bool torn = false;
  uint64_t packets = 0;
  uint64_t checksum = 0;
  bool operator==(const Summary&) const = default;
};

constexpr uint64_t kMostPackets = 20'000;  // a small gzip may hold very many

void require(bool condition) {
  if (!condition) std::abort();
}

Summary read(std::span<const uint8_t> input, size_t piece_bytes, size_t chunk_bytes, size_t batch) {
  Summary summary;
  auto reader =
      source::read_capture(std::make_unique<source::MemoryBytes>(input, piece_bytes), "input", chunk_bytes);
  if (!reader) {
    require(!reader.error().message.empty());
    return summary;
  }
  summary.opened = true;
  std::vector<source::CapturedPacket> packets(batch);
  while (const size_t count = (*reader)->read(packets)) {
    require(count <= batch);
    for (size_t i = 0; i < count; ++i) {
      const source::CapturedPacket& packet = packets[i];
      require(packet.captured_bytes <= source::kMaxCapturedBytes);
      require(packet.captured_bytes <= packet.wire_bytes);
      require(packet.interface < (*reader)->interfaces().size());
      summary.checksum = summary.checksum * 31 + static_cast<uint64_t>(packet.time_ns) + packet.interface;
      for (uint32_t k = 0; k < packet.captured_bytes; ++k)
        summary.checksum = summary.checksum * 31 + packet.data[k];
      if (++summary.packets == kMostPackets) return summary;
    }
  }
  summary.torn = (*reader)->error().has_value();
  require((*reader)->read(packets) == 0);
  return summary;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> input(data, size);
  const Summary at_once = read(input, SIZE_MAX, 1 << 16, 64);
  const size_t piece = size % 7 + 1;
  require(read(input, piece, 32, 3) == at_once);
  return 0;
}
