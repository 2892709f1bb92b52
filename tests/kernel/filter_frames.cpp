// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/filter_frames.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>

#include "tests/packet_cases.h"

namespace weir::tests {
namespace {

constexpr size_t kMutatedFrames = 1500;
constexpr size_t kFilesOfSample = 150, kFramesOfSample = 6, kFramesOfEach = 100;
constexpr size_t kLongestFrame = 9000;  // XDP takes it in fragments

/// The frame with up to three of its first bytes changed, and at times cut off.
Bytes mutated(Bytes frame, std::mt19937& random) {
  static constexpr uint16_t kTypes[] = {0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8864, 0x0806};
  for (size_t changes = random() % 4; changes > 0 && frame.size() > 14; --changes) {
    const size_t at = random() % std::min<size_t>(frame.size() - 1, 80);
    if (random() % 4 == 0) {
      const uint16_t type = kTypes[random() % std::size(kTypes)];
      frame[at] = static_cast<uint8_t>(type >> 8), frame[at + 1] = static_cast<uint8_t>(type);
    } else {
      frame[at] = static_cast<uint8_t>(random());
    }
  }
  if (random() % 2) frame.resize(random() % (frame.size() + 1));
  return frame;
}

/// Up to `most` frames of the file, and each once more, cut off somewhere.
void add_captured(std::vector<Bytes>& frames, const std::filesystem::path& path, size_t most,
                  std::mt19937& random) {
  char error[PCAP_ERRBUF_SIZE];
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(pcap_open_offline(path.c_str(), error),
                                                               pcap_close);
  if (capture == nullptr || pcap_datalink(capture.get()) != DLT_EN10MB) return;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  for (size_t taken = 0; taken < most && pcap_next_ex(capture.get(), &header, &data) == 1; ++taken) {
    const size_t bytes = std::min<size_t>(header->caplen, kLongestFrame);
    frames.emplace_back(data, data + bytes);
    // Where headers end is where mistakes are: the first 100 bytes.
    frames.emplace_back(data, data + random() % (std::min<size_t>(bytes, 100) + 1));
  }
}

}  // namespace

std::vector<Bytes> filter_frames() {
  std::vector<Bytes> frames;
  for (const PacketCase& packet : packet_cases()) frames.push_back(packet.frame);
  const size_t cases = frames.size();
  std::mt19937 random(20261121);
  for (size_t i = 0; i < kMutatedFrames; ++i) frames.push_back(mutated(frames[random() % cases], random));
  for (const size_t bytes : {1400, 3000, 3900, 4200, 6000, 8900}) {
    Bytes frame = (Ethernet{} / IPv4{} / UDP{} / Payload{bytes}).bytes();
    for (size_t at = 42; at < frame.size(); ++at) frame[at] = static_cast<uint8_t>(random());
    frames.push_back(frame);
    frame[0] = static_cast<uint8_t>(random());
    frames.push_back(frame);
  }
  if (const char* folder = std::getenv("WEIR_CAPTURES")) {
    const bool all = std::getenv("WEIR_CHECK_ALL") != nullptr;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    const size_t step = all ? 1 : std::max<size_t>(1, files.size() / kFilesOfSample);
    for (size_t i = 0; i < files.size(); i += step)
      add_captured(frames, files[i], all ? kFramesOfEach : kFramesOfSample, random);
  }
  return frames;
}

}  // namespace weir::tests
