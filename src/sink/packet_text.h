// SPDX-License-Identifier: Apache-2.0
// A packet as text, in tcpdump's manner, with its owner behind. Bounded memory, whatever the packets hold.
#pragma once

#include <cstdint>
#include <string_view>

#include "decode/packet_record.h"
#include "sink/packet_sequences.h"
#include "sink/packet_text_options.h"
#include "sink/packet_time.h"
#include "sink/packet_writer.h"

namespace weir::sink {

/// One for each stream of packets: knows the packet before (for -ttt), connections (for relative sequence
/// numbers) and how many there were (for -#). Not for several threads.
class PacketText {
 public:
  explicit PacketText(PacketTextOptions options);

  /// The packet's line, or lines with -v and -x, with the line end. Valid until the next call. Control
  /// characters of packets and names are escaped.
  std::string_view line(const decode::PacketRecord& packet);

  /// From the next line on: "eth0  In" in front.
  void show_interfaces() { options_.interfaces = true; }

  /// Connections forgotten for newer ones; their numbers began anew.
  uint64_t forgotten_connections() const { return sequences_.evicted(); }

 private:
  PacketTextOptions options_;
  PacketWriter text_;
  PacketSequences sequences_;
  PacketTimeText time_;
  uint64_t count_ = 0;
};

}  // namespace weir::sink
