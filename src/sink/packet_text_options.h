// SPDX-License-Identifier: Apache-2.0
// How packets are written as text: tcpdump's letters as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "decode/address.h"

namespace weir::sink {

enum class PacketTime : uint8_t {
  clock,       // 14:02:11.123456
  none,        // -t
  epoch,       // -tt: seconds since 1970
  since_last,  // -ttt
  date,        // -tttt: 2026-11-21 14:02:11.123456
  since_first  // -ttttt
};

enum class PacketDump : uint8_t {
  none,
  hex,                  // -x
  hex_with_link,        // -xx
  hex_ascii,            // -X
  hex_ascii_with_link,  // -XX
  ascii,                // -A
  ascii_with_link       // -AA
};

struct PacketTextOptions {
  PacketTime time = PacketTime::clock;
  bool nanoseconds = false;         // --nano; else microseconds
  bool number = false;              // -#
  bool link_header = false;         // -e
  bool quiet = false;               // -q
  int verbosity = 0;                // -v, -vv, -vvv
  bool verify_checksums = true;     // -K: false. They are looked at from -v on
  bool absolute_sequences = false;  // -S
  bool interfaces = false;          // "eth0  In" in front, as tcpdump -i any
  bool owner = true;                // "curl[4121]" behind, where it is known
  bool path = true;                 // the packet's way behind, where it is known; not with quiet
  PacketDump dump = PacketDump::none;
  /// -N: the name of an address, empty where none is known (yet); must not wait. Unset: numbers only.
  std::function<std::string_view(const decode::IpAddress&)> name_of;
};

}  // namespace weir::sink
