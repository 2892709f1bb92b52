// SPDX-License-Identifier: Apache-2.0
#include "sink/capture_pcap_writer.h"

#include <algorithm>
#include <cstring>

#include "decode/packet.h"

namespace weir::sink {
namespace {

constexpr uint32_t kEthernet = 1;  // LINKTYPE_ETHERNET, of a file that never saw an interface
constexpr int64_t kNsPerSecond = 1'000'000'000;

struct FileHeader {
  uint32_t magic;
  uint16_t major = 2;
  uint16_t minor = 4;
  uint32_t reserved[2] = {};
  uint32_t snap_bytes;
  uint32_t link_type;
};
static_assert(sizeof(FileHeader) == 24);

struct PacketHeader {
  uint32_t seconds;
  uint32_t fraction;
  uint32_t captured_bytes;
  uint32_t wire_bytes;
};
static_assert(sizeof(PacketHeader) == 16);

}  // namespace

bool CapturePcapWriter::begin(CaptureFileWriter& file) {
  has_header_ = false;
  return !link_type_ || write_header(file);
}

bool CapturePcapWriter::write_header(CaptureFileWriter& file) {
  const FileHeader header{.magic = options_.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4,
                          .snap_bytes = snap_bytes_,
                          .link_type = link_type_.value_or(kEthernet)};
  std::memcpy(file.room(sizeof header), &header, sizeof header);
  has_header_ = true;
  return file.commit(sizeof header, CaptureFileWriter::Block::other);
}

bool CapturePcapWriter::refuse(const decode::PacketInterface& interface) {
  error_ = base::fail(base::ErrorKind::bad_input,
                      "a pcap file has one link type, this one " + decode::link_type_name(*link_type_) +
                          "; " + (interface.name.empty() ? "a packet" : interface.name) + " is of " +
                          decode::link_type_name(interface.link_type) +
                          ": write pcapng (a name that does not end in .pcap, without --pcap)")
               .value();
  return false;
}

bool CapturePcapWriter::add_interface(CaptureFileWriter& file, uint32_t,
                                      const decode::PacketInterface& interface) {
  if (link_type_) return interface.link_type == *link_type_ ? !file.error() : refuse(interface);
  link_type_ = interface.link_type;
  // Readers cut packets to what the header says.
  const uint32_t snap = options_.snap.value_or(interface.snap_bytes);
  snap_bytes_ = snap == 0 ? kMostFrameBytes : snap;
  return write_header(file);
}

bool CapturePcapWriter::write(CaptureFileWriter& file, const decode::PacketRecord& record) {
  if (!link_type_ || record.interface->link_type != *link_type_) [[unlikely]] {
    if (!add_interface(file, record.interface_index, *record.interface)) return false;
  }
  const auto captured = static_cast<uint32_t>(std::min<size_t>(record.data.size(), kMostFrameBytes));
  const int64_t most_ns = int64_t{UINT32_MAX} * kNsPerSecond + kNsPerSecond - 1;
  const int64_t time_ns = std::clamp<int64_t>(record.time_ns, 0, most_ns);
  if (captured < record.data.size() || time_ns != record.time_ns) ++cut_;
  const auto fraction_ns = static_cast<uint32_t>(time_ns % kNsPerSecond);
  const PacketHeader header{.seconds = static_cast<uint32_t>(time_ns / kNsPerSecond),
                            .fraction = options_.nanoseconds ? fraction_ns : fraction_ns / 1000,
                            .captured_bytes = captured,
                            .wire_bytes = std::max(record.wire_bytes, captured)};
  const bool is_long = captured >= CaptureFileWriter::kLongBytes;
  uint8_t* const to = file.room(sizeof header + (is_long ? 0 : captured));
  std::memcpy(to, &header, sizeof header);
  if (is_long)
    return file.commit_around(sizeof header, record.data.first(captured), sizeof header,
                              CaptureFileWriter::Block::packet);
  if (captured > 0) std::memcpy(to + sizeof header, record.data.data(), captured);
  return file.commit(sizeof header + captured, CaptureFileWriter::Block::packet);
}

bool CapturePcapWriter::end(CaptureFileWriter& file, const CaptureEnd&) {
  return has_header_ || write_header(file);
}

}  // namespace weir::sink
