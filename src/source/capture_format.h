// SPDX-License-Identifier: Apache-2.0
// What pcap and pcapng have in common for the reader; knows nothing of where the bytes come from.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "source/capture_file.h"
#include "source/capture_window.h"

namespace weir::source {

/// A captured length above this is a tear (libpcap's own snapshot limit is a quarter of it).
inline constexpr uint32_t kMaxCapturedBytes = 4 * 262144;

/// An integer of the file, of either byte order, at any address.
template <class Integer>
inline Integer load(const uint8_t* from, bool swapped) {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (sizeof value == 2) {
    return swapped ? __builtin_bswap16(value) : value;
  } else if constexpr (sizeof value == 4) {
    return swapped ? __builtin_bswap32(value) : value;
  } else {
    return swapped ? __builtin_bswap64(value) : value;
  }
}

/// Cuts a window's bytes into packets.
class CaptureFormat {
 public:
  virtual ~CaptureFormat() = default;

  /// Takes whole packets from the window's front without filling it. Fewer than asked: either `fault`, or
  /// `needed` says how to go on. Packets point into the window.
  virtual size_t take(ByteWindow& window, std::span<CapturedPacket> packets) = 0;

  struct Need {
    size_t bytes = 0;       // that must be in the window
    const char* what = "";  // "a packet header"
    bool between = true;    // the file may end where the window begins
  };
  const Need& needed() const { return need_; }
  /// What is wrong with the bytes at the window's front; they cannot be read beyond.
  const std::optional<std::string>& fault() const { return fault_; }
  const std::vector<CaptureInterface>& interfaces() const { return interfaces_; }

 protected:
  Need need_;
  std::optional<std::string> fault_;
  std::vector<CaptureInterface> interfaces_;
};

}  // namespace weir::source
