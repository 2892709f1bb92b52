// SPDX-License-Identifier: Apache-2.0
// The pcap format (draft-ietf-opsawg-pcap), with the variants found in old files.
#pragma once

#include <memory>
#include <string>

#include "source/capture_format.h"

namespace weir::source {

class PcapFormat : public CaptureFormat {
 public:
  /// The window begins with one of pcap's magic numbers.
  static bool recognises(std::span<const uint8_t> first);
  /// Takes the file header from a window that `recognises`. Fails with bad_input, without the file's name.
  static base::Result<std::unique_ptr<PcapFormat>> open(ByteWindow& window, const std::string& file);

  size_t take(ByteWindow& window, std::span<CapturedPacket> packets) override;

 private:
  /// Files before pcap 2.4 may hold the two lengths of a packet in the other order.
  enum class Lengths { captured_first, wire_first, smaller_is_captured };

  PcapFormat() = default;
  template <bool kSwapped>
  size_t take_as(ByteWindow& window, std::span<CapturedPacket> packets);

  bool swapped_ = false;
  uint32_t fraction_ns_ = 1000;  // nanoseconds in a unit of the time's second half
  uint32_t header_bytes_ = 16;
  Lengths lengths_ = Lengths::captured_first;
};

}  // namespace weir::source
