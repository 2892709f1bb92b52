// SPDX-License-Identifier: Apache-2.0
// What pcap and pcapng have in common for the writer of capture files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "decode/address.h"
#include "decode/packet_record.h"
#include "sink/capture_file_writer.h"

namespace weir::sink {

/// Of one interface, since the capture began; absent: not known.
struct InterfaceCounts {
  uint32_t interface_index = 0;      // as in PacketRecord
  std::optional<uint64_t> received;  // seen on the interface, before a filter
  std::optional<uint64_t> dropped;   // lost, by whoever
};

struct HostName {
  decode::IpAddress address;
  std::string name;
};

/// What stands at the end of a capture; plain pcap has no place for it.
struct CaptureEnd {
  std::optional<int64_t> start_ns;  // since 1970; absent: the file's first packet
  std::optional<int64_t> end_ns;    // absent: its last packet
  std::vector<InterfaceCounts> interfaces;
  std::vector<HostName> names;
};

/// Longer frames are cut to this: more makes Wireshark and libpcap refuse the file.
inline constexpr uint32_t kMostFrameBytes = 262144;

/// Turns records into blocks of one file after another. Each function gives false where the file refused, or
/// with `error` set.
class CaptureFormatWriter {
 public:
  virtual ~CaptureFormatWriter() = default;
  /// A new file begins.
  virtual bool begin(CaptureFileWriter& file) = 0;
  /// Describes an interface before its first packet; nothing where that was done.
  virtual bool add_interface(CaptureFileWriter& file, uint32_t index,
                             const decode::PacketInterface& interface) = 0;
  virtual bool write(CaptureFileWriter& file, const decode::PacketRecord& record) = 0;
  /// The file ends.
  virtual bool end(CaptureFileWriter& file, const CaptureEnd& end) = 0;

  /// Why a record cannot be written in this format. Kind bad_input.
  const std::optional<base::Error>& error() const { return error_; }
  /// Packets of which something had no place: a frame above kMostFrameBytes, comments above 512 KiB, a time
  /// that the format cannot tell.
  uint64_t cut() const { return cut_; }

 protected:
  std::optional<base::Error> error_;
  uint64_t cut_ = 0;
};

}  // namespace weir::sink
