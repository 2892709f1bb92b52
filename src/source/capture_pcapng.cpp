// SPDX-License-Identifier: Apache-2.0
#include "source/capture_pcapng.h"

#include <algorithm>

namespace weir::source {
namespace {

enum BlockType : uint32_t {
  kInterfaceBlock = 1,
  kObsoletePacketBlock = 2,
  kSimplePacketBlock = 3,
  kEnhancedPacketBlock = 6,
  kSectionBlock = 0x0a0d0d0a,  // reads the same in both byte orders
};

enum InterfaceOption : uint16_t { kEnd = 0, kName = 2, kDescription = 3, kResolution = 9, kOffset = 14 };

constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr size_t kFrameBytes = 12;  // type and length in front of a body, the length again behind it
constexpr uint32_t kMostDescriptionBytes = 1 << 20;
constexpr uint32_t kMostPacketBlockBytes = kMaxCapturedBytes + (1 << 20);  // a packet and its options
constexpr size_t kMostInterfaces = 65536;
constexpr size_t kMostNameBytes = 255;

size_t padded(size_t bytes) {
  return (bytes + 3) & ~size_t{3};
}

/// An option's text up to its first NUL.
std::string text_of(const uint8_t* value, size_t bytes) {
  const auto* text = reinterpret_cast<const char*>(value);
  return {text, std::find(text, text + std::min(bytes, kMostNameBytes), '\0')};
}

}  // namespace

bool PcapngFormat::recognises(std::span<const uint8_t> first) {
  return first.size() >= 4 && load<uint32_t>(first.data(), false) == kSectionBlock;
}

base::Result<std::unique_ptr<PcapngFormat>> PcapngFormat::open(ByteWindow& window, const std::string& file) {
  std::unique_ptr<PcapngFormat> format(new PcapngFormat(file));
  while (!format->has_section_) {
    if (format->begin_section(window) != Step::stop) continue;
    if (format->fault_) return base::fail(base::ErrorKind::bad_input, "byte 0: " + *format->fault_);
    if (window.fill(format->need_.bytes)) continue;
    if (window.error()) return tl::unexpected<base::Error>(*window.error());
    return base::fail(base::ErrorKind::bad_input,
                      "byte 0: a pcapng section header of " + std::to_string(format->need_.bytes) +
                          " bytes expected, found " + std::to_string(window.size()));
  }
  return format;
}

PcapngFormat::Step PcapngFormat::want(size_t bytes, const char* what, bool between) {
  need_ = {bytes, what, between};
  return Step::stop;
}

bool PcapngFormat::refuse(std::string what) {
  fault_ = std::move(what);
  return false;
}

size_t PcapngFormat::take(ByteWindow& window, std::span<CapturedPacket> packets) {
  size_t taken = 0;
  while (taken < packets.size()) {
    const Step done = step(window, &packets[taken]);
    if (done == Step::stop) break;
    if (done == Step::packet) ++taken;
  }
  return taken;
}

PcapngFormat::Step PcapngFormat::step(ByteWindow& window, CapturedPacket* packet) {
  if (skipped_total_ != 0) return skip(window);
  if (window.size() < 8) return want(8, "a block header", true);
  const uint8_t* at = window.begin();
  const uint32_t type = word(at);
  if (type == kSectionBlock) return begin_section(window);
  const uint32_t total_bytes = word(at + 4);

  bool good = false;
  std::optional<Block> block;
  switch (type) {
    case kEnhancedPacketBlock:
      block = whole_block(window, total_bytes, 20, kMostPacketBlockBytes, "an enhanced packet block");
      good = block && timed_packet(*block, word(block->body), *packet);
      break;
    case kSimplePacketBlock:
      block = whole_block(window, total_bytes, 4, kMostPacketBlockBytes, "a simple packet block");
      good = block && simple_packet(*block, *packet);
      break;
    case kObsoletePacketBlock:
      block = whole_block(window, total_bytes, 20, kMostPacketBlockBytes, "a packet block");
      good = block && timed_packet(*block, half(block->body), *packet);
      break;
    case kInterfaceBlock:
      block = whole_block(window, total_bytes, 8, kMostDescriptionBytes, "an interface description block");
      if (!block || !add_interface(*block)) return Step::stop;
      window.consume(total_bytes);
      return Step::other;
    default:
      if (total_bytes < kFrameBytes || total_bytes % 4 != 0) {
        refuse("a block length of at least 12, a multiple of 4, expected, found " +
               std::to_string(total_bytes));
        return Step::stop;
      }
      skip_bytes_ = total_bytes - 4;
      skipped_total_ = total_bytes;
      return skip(window);
  }
  if (!good) return Step::stop;
  window.consume(total_bytes);
  return Step::packet;
}

PcapngFormat::Step PcapngFormat::skip(ByteWindow& window) {
  const auto passed = std::min<uint64_t>(skip_bytes_, window.size());
  window.consume(passed);
  skip_bytes_ -= passed;
  if (skip_bytes_ > 0) return want(1, "the rest of a block", false);
  if (window.size() < 4) return want(4, "a block's closing length", false);
  const uint32_t again = word(window.begin());
  if (again != skipped_total_) {
    refuse("a block's closing length of " + std::to_string(skipped_total_) + " expected, found " +
           std::to_string(again));
    return Step::stop;
  }
  window.consume(4);
  skipped_total_ = 0;
  return Step::other;
}

std::optional<PcapngFormat::Block> PcapngFormat::whole_block(ByteWindow& window, uint32_t total_bytes,
                                                             size_t least_body_bytes, uint32_t most_bytes,
                                                             const char* what) {
  if (total_bytes < least_body_bytes + kFrameBytes || total_bytes % 4 != 0 || total_bytes > most_bytes) {
    refuse(std::string(what) + " of " + std::to_string(least_body_bytes + kFrameBytes) + " to " +
           std::to_string(most_bytes) + " bytes, a multiple of 4, expected, found a length of " +
           std::to_string(total_bytes));
    return std::nullopt;
  }
  if (window.size() < total_bytes) {
    want(total_bytes, what, false);
    return std::nullopt;
  }
  const uint8_t* at = window.begin();
  const uint32_t again = word(at + total_bytes - 4);
  if (again != total_bytes) {
    refuse(std::string(what) + "'s closing length of " + std::to_string(total_bytes) + " expected, found " +
           std::to_string(again));
    return std::nullopt;
  }
  return Block{at + 8, total_bytes - kFrameBytes};
}

PcapngFormat::Step PcapngFormat::begin_section(ByteWindow& window) {
  const char* const what = "a section header block";
  if (window.size() < 12) return want(12, what, window.size() == 0 && has_section_);
  const uint8_t* at = window.begin();
  const bool native = load<uint32_t>(at + 8, false) == kByteOrder;
  const bool foreign = load<uint32_t>(at + 8, true) == kByteOrder;
  if (!native && !foreign) {
    refuse("a section header's byte order mark 1a2b3c4d expected at its byte 8");
    return Step::stop;
  }
  swapped_ = foreign;
  const uint32_t total_bytes = word(at + 4);
  const auto block = whole_block(window, total_bytes, 16, kMostDescriptionBytes, what);
  if (!block) return Step::stop;
  const uint16_t major = half(block->body + 4);
  if (major != 1) {
    refuse("pcapng version 1 expected, found " + std::to_string(major) + "." +
           std::to_string(half(block->body + 6)));
    return Step::stop;
  }
  // The section's length is a hint for readers that leap; sections end where the next one begins.
  previous_section_.clear();
  for (const Interface& interface : section_) previous_section_.push_back(interface.index);
  section_.clear();
  has_section_ = true;
  window.consume(total_bytes);
  return Step::other;
}

bool PcapngFormat::add_interface(const Block& block) {
  CaptureInterface found;
  found.link_type = half(block.body);
  found.snap_bytes = word(block.body + 4);
  found.file = file_;
  uint8_t resolution = 6;
  int64_t offset_seconds = 0;

  const uint8_t* at = block.body + 8;
  size_t left = block.body_bytes - 8;
  while (left >= 4) {
    const uint16_t code = half(at);
    const uint16_t bytes = half(at + 2);
    if (code == kEnd) break;
    if (padded(bytes) > left - 4) {
      return refuse("an interface option within its block expected, found one of " + std::to_string(bytes) +
                    " bytes");
    }
    const uint8_t* value = at + 4;
    if (code == kName) {
      found.name = text_of(value, bytes);
    } else if (code == kDescription) {
      found.description = text_of(value, bytes);
    } else if (code == kResolution && bytes == 1) {
      resolution = *value;
    } else if (code == kOffset && bytes == 8) {
      offset_seconds = static_cast<int64_t>(load<uint64_t>(value, swapped_));
    }
    at += 4 + padded(bytes);
    left -= 4 + padded(bytes);
  }
  const auto clock = TickClock::of(resolution, offset_seconds);
  if (!clock) {
    return refuse("an if_tsresol of at most 10^-19 or 2^-63 expected, found " +
                  std::string(resolution & 0x80 ? "2^-" : "10^-") + std::to_string(resolution & 0x7f));
  }

  // Sections of files that were put together often describe the same interfaces again.
  const size_t id = section_.size();
  if (id < previous_section_.size()) {
    const CaptureInterface& before = interfaces_[previous_section_[id]];
    if (before.link_type == found.link_type && before.snap_bytes == found.snap_bytes &&
        before.name == found.name && before.description == found.description) {
      section_.push_back({previous_section_[id], found.snap_bytes, *clock});
      return true;
    }
  }
  if (interfaces_.size() >= kMostInterfaces || id >= kMostInterfaces)
    return refuse("at most " + std::to_string(kMostInterfaces) + " interfaces expected");
  section_.push_back({static_cast<uint32_t>(interfaces_.size()), found.snap_bytes, *clock});
  interfaces_.push_back(std::move(found));
  return true;
}

const PcapngFormat::Interface* PcapngFormat::known_interface(uint32_t id) {
  if (id < section_.size()) return &section_[id];
  refuse("a packet of one of the section's " + std::to_string(section_.size()) +
         " interfaces expected, found one of " + "interface " + std::to_string(id));
  return nullptr;
}

bool PcapngFormat::captured(const Block& block, size_t header_bytes, uint32_t bytes, uint32_t wire,
                            CapturedPacket& packet) {
  const size_t most = std::min<size_t>(block.body_bytes - header_bytes, kMaxCapturedBytes);
  if (bytes > most) {
    return refuse("a packet of at most " + std::to_string(most) + " captured bytes expected, found " +
                  std::to_string(bytes));
  }
  packet.data = block.body + header_bytes;
  packet.captured_bytes = bytes;
  packet.wire_bytes = std::max(wire, bytes);
  packet.options_bytes = 0;
  packet.swapped = swapped_;
  return true;
}

bool PcapngFormat::timed_packet(const Block& block, uint32_t interface_id, CapturedPacket& packet) {
  const Interface* interface = known_interface(interface_id);
  if (interface == nullptr) return false;
  if (!captured(block, 20, word(block.body + 12), word(block.body + 16), packet)) return false;
  const size_t options_at = 20 + padded(packet.captured_bytes);
  if (options_at < block.body_bytes)
    packet.options_bytes = static_cast<uint32_t>(block.body_bytes - options_at);
  const uint64_t ticks = uint64_t{word(block.body + 4)} << 32 | word(block.body + 8);
  packet.time_ns = previous_time_ns_ = interface->clock.to_ns(ticks);
  packet.interface = interface->index;
  return true;
}

bool PcapngFormat::simple_packet(const Block& block, CapturedPacket& packet) {
  const Interface* interface = known_interface(0);
  if (interface == nullptr) return false;
  const uint32_t wire = word(block.body);
  const uint32_t snap = interface->snap_bytes == 0 ? UINT32_MAX : interface->snap_bytes;
  if (!captured(block, 4, std::min(wire, snap), wire, packet)) return false;
  packet.time_ns = previous_time_ns_;
  packet.interface = interface->index;
  return true;
}

}  // namespace weir::source
