// SPDX-License-Identifier: Apache-2.0
// Writes a capture of made traffic: capture_generator FILE [PACKETS [FLOWS [SNAP_BYTES]]].
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/traffic.h"

namespace {

constexpr uint32_t kMostPackets = 100'000'000;
constexpr uint32_t kMostSnapBytes = 1600;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// pcap's headers (draft-ietf-opsawg-pcap), in this machine's byte order, times in microseconds.
struct FileHeader {
  uint32_t magic = 0xa1b2c3d4;
  uint16_t major = 2;
  uint16_t minor = 4;
  uint32_t reserved[2] = {};
  uint32_t snap_bytes = 0;
  uint32_t link_type = 1;  // LINKTYPE_ETHERNET
};
struct PacketHeader {
  uint32_t seconds;
  uint32_t microseconds;
  uint32_t captured_bytes;
  uint32_t wire_bytes;
};

uint32_t number(int argc, char** argv, int index, uint32_t otherwise, uint32_t most) {
  if (argc <= index) return otherwise;
  return static_cast<uint32_t>(std::min<unsigned long long>(std::strtoull(argv[index], nullptr, 10), most));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: capture_generator FILE [PACKETS [FLOWS [SNAP_BYTES]]]\n");
    return 2;
  }
  weir::bench::TrafficShape shape;
  shape.packets = number(argc, argv, 2, shape.packets, kMostPackets);
  shape.flows = number(argc, argv, 3, shape.flows, std::max(1u, shape.packets / 2));
  const uint32_t snap_bytes = number(argc, argv, 4, 96, kMostSnapBytes);

  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(argv[1], "wb"));
  if (!file) {
    std::perror(argv[1]);
    return 1;
  }
  FileHeader header;
  header.snap_bytes = snap_bytes;
  bool good = std::fwrite(&header, sizeof header, 1, file.get()) == 1;
  weir::bench::Traffic traffic(shape);
  weir::bench::Frame frame;
  std::vector<uint8_t> bytes(kMostSnapBytes);
  while (good && traffic.next(frame)) {
    const int64_t microseconds = frame.time_ns / 1000;
    const PacketHeader packet = {static_cast<uint32_t>(microseconds / 1'000'000),
                                 static_cast<uint32_t>(microseconds % 1'000'000),
                                 std::min(snap_bytes, frame.wire_bytes), frame.wire_bytes};
    std::copy(frame.headers.begin(), frame.headers.end(), bytes.begin());
    good = std::fwrite(&packet, sizeof packet, 1, file.get()) == 1 &&
           std::fwrite(bytes.data(), packet.captured_bytes, 1, file.get()) == 1;
  }
  if (!good || std::fflush(file.get()) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  return 0;
}
