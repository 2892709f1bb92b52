// SPDX-License-Identifier: Apache-2.0
// Plain pcap (draft-ietf-opsawg-pcap): frames and times, one link type a file, and nothing else of a record.
#pragma once

#include "sink/capture_format_writer.h"

namespace weir::sink {

struct PcapOptions {
  bool nanoseconds = false;      // else microseconds, which every reader knows
  std::optional<uint32_t> snap;  // absent: the first interface's
};

class CapturePcapWriter : public CaptureFormatWriter {
 public:
  explicit CapturePcapWriter(PcapOptions options) : options_(options) {}

  bool begin(CaptureFileWriter& file) override;
  bool add_interface(CaptureFileWriter& file, uint32_t index,
                     const decode::PacketInterface& interface) override;
  bool write(CaptureFileWriter& file, const decode::PacketRecord& record) override;
  bool end(CaptureFileWriter& file, const CaptureEnd& end) override;

 private:
  bool write_header(CaptureFileWriter& file);
  bool refuse(const decode::PacketInterface& interface);

  PcapOptions options_;
  std::optional<uint32_t> link_type_;  // of all files
  uint32_t snap_bytes_ = kMostFrameBytes;
  bool has_header_ = false;
};

}  // namespace weir::sink
