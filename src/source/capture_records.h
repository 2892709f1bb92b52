// SPDX-License-Identifier: Apache-2.0
// A capture's packets as the records that packet sinks take.
#pragma once

#include <deque>
#include <vector>

#include "decode/capture_options.h"
#include "decode/packet_record.h"
#include "source/capture_file.h"

namespace weir::source {

class CaptureRecords {
 public:
  /// Fills all of `record`, which may be used again for the next packet. `interfaces`: the reader's. The
  /// record's interface stays valid as long as this object, its data as long as the packet's.
  void fill(const CapturedPacket& packet, const std::vector<CaptureInterface>& interfaces,
            decode::PacketRecord& record);
  /// The same interfaces for who announces them ahead of packets; grows as the reader's do.
  const std::deque<decode::PacketInterface>& interfaces(const std::vector<CaptureInterface>& interfaces);
  /// Packets with options that could not be read to their end.
  uint64_t malformed_options() const { return options_.malformed(); }

 private:
  std::deque<decode::PacketInterface> interfaces_;
  decode::CaptureOptions options_;
};

}  // namespace weir::source
