// SPDX-License-Identifier: Apache-2.0
// The time in front of a packet's line. Keeps the text of the last second: local time is asked once a second.
#pragma once

#include <array>
#include <cstdint>

#include "sink/packet_text_options.h"
#include "sink/packet_writer.h"

namespace weir::sink {

class PacketTimeText {
 public:
  PacketTimeText(PacketTime kind, bool nanoseconds) : kind_(kind), nanoseconds_(nanoseconds) {}
  /// With a space behind it; nothing for PacketTime::none.
  void put(PacketWriter& text, int64_t time_ns);

 private:
  void put_fraction(PacketWriter& text, uint32_t nanoseconds) const;
  void put_difference(PacketWriter& text, int64_t difference_ns) const;
  void put_local(PacketWriter& text, int64_t second);

  PacketTime kind_;
  bool nanoseconds_;
  bool any_ = false;
  int64_t since_ns_ = 0;  // the packet to count from
  int64_t cached_second_ = INT64_MIN;
  std::array<char, 40> cached_{};
  size_t cached_bytes_ = 0;
};

}  // namespace weir::sink
