// SPDX-License-Identifier: Apache-2.0
#include "source/capture_pcap.h"

#include <algorithm>

namespace weir::source {
namespace {

constexpr uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr uint32_t kNanoseconds = 0xa1b23c4d;
constexpr uint32_t kModified = 0xa1b2cd34;  // Linux 2.2's patched libpcap: 8 more bytes in a packet header
constexpr size_t kFileHeaderBytes = 24;

bool is_magic(uint32_t word) {
  return word == kMicroseconds || word == kNanoseconds || word == kModified;
}

}  // namespace

bool PcapFormat::recognises(std::span<const uint8_t> first) {
  if (first.size() < 4) return false;
  return is_magic(load<uint32_t>(first.data(), false)) || is_magic(load<uint32_t>(first.data(), true));
}

base::Result<std::unique_ptr<PcapFormat>> PcapFormat::open(ByteWindow& window, const std::string& file) {
  if (!window.fill(kFileHeaderBytes)) {
    if (window.error()) return tl::unexpected<base::Error>(*window.error());
    return base::fail(base::ErrorKind::bad_input, "byte 0: a pcap file header of 24 bytes expected, found " +
                                                      std::to_string(window.size()) + " bytes");
  }
  std::unique_ptr<PcapFormat> format(new PcapFormat());
  const uint8_t* at = window.begin();
  const bool swapped = !is_magic(load<uint32_t>(at, false));
  format->swapped_ = swapped;
  const auto magic = load<uint32_t>(at, swapped);
  if (magic == kNanoseconds) format->fraction_ns_ = 1;
  if (magic == kModified) format->header_bytes_ = 24;

  const auto major = load<uint16_t>(at + 4, swapped);
  const auto minor = load<uint16_t>(at + 6, swapped);
  if (major != 2 && major != 543) {  // 543: DG/UX
    return base::fail(base::ErrorKind::bad_input, "byte 4: pcap version 2 expected, found " +
                                                      std::to_string(major) + "." + std::to_string(minor));
  }
  if (major == 543 || minor < 3) format->lengths_ = Lengths::wire_first;
  if (major == 2 && minor == 3) format->lengths_ = Lengths::smaller_is_captured;

  CaptureInterface interface;
  interface.snap_bytes = load<uint32_t>(at + 16, swapped);
  // The upper 6 bits tell the length of a frame check sequence; it stays in the packets, as in libpcap.
  interface.link_type = load<uint32_t>(at + 20, swapped) & 0x03ffffff;
  interface.file = file;
  format->interfaces_.push_back(std::move(interface));
  window.consume(kFileHeaderBytes);
  return format;
}

template <bool kSwapped>
size_t PcapFormat::take_as(ByteWindow& window, std::span<CapturedPacket> packets) {
  const uint8_t* const begin = window.begin();
  const uint8_t* const end = begin + window.size();
  const uint8_t* at = begin;
  size_t taken = 0;
  while (taken < packets.size()) {
    const auto left = static_cast<size_t>(end - at);
    if (left < header_bytes_) {
      need_ = {header_bytes_, "a packet header", true};
      break;
    }
    auto captured = load<uint32_t>(at + 8, kSwapped);
    auto wire = load<uint32_t>(at + 12, kSwapped);
    if (lengths_ != Lengths::captured_first && (lengths_ == Lengths::wire_first || captured > wire))
      std::swap(captured, wire);
    if (captured > kMaxCapturedBytes) {
      if (taken == 0) {
        fault_ = "a packet of at most " + std::to_string(kMaxCapturedBytes) +
                 " captured bytes expected, found " + std::to_string(captured);
      }
      break;
    }
    if (left - header_bytes_ < captured) {
      need_ = {header_bytes_ + captured, "a packet", false};
      break;
    }
    CapturedPacket& packet = packets[taken++];
    packet.data = at + header_bytes_;
    packet.captured_bytes = captured;
    packet.wire_bytes = std::max(wire, captured);
    packet.time_ns = int64_t{load<uint32_t>(at, kSwapped)} * 1'000'000'000 +
                     int64_t{load<uint32_t>(at + 4, kSwapped)} * fraction_ns_;
    packet.interface = 0;
    packet.options_bytes = 0;
    at += header_bytes_ + captured;
  }
  window.consume(static_cast<size_t>(at - begin));
  return taken;
}

size_t PcapFormat::take(ByteWindow& window, std::span<CapturedPacket> packets) {
  return swapped_ ? take_as<true>(window, packets) : take_as<false>(window, packets);
}

}  // namespace weir::source
