// SPDX-License-Identifier: Apache-2.0
// `--once`: keeps packets for a moment, until all points that they pass were seen, and joins the sights of
// each into one record. Bounded; knows no hook and no output.
#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "decode/packet_record.h"

namespace weir::app {

class HeldPackets {
 public:
  HeldPackets() : by_number_(kNumbers) {}

  static constexpr uint64_t kHoldNs = 50'000'000;
  static constexpr size_t kPackets = 16384;
  static constexpr size_t kBytes = size_t{32} << 20;

  /// `sight` as PacketTrail::follow left it; `seen_ns`: CLOCK_BOOTTIME.
  void take(const decode::PacketRecord& sight, uint64_t seen_ns);
  /// The next packet in the order of first sights, if it is held long enough at `now_ns`, or too many are.
  /// Null: none. Its time is that of the first sight; its octets, interface, direction and point are of the
  /// first that had a link header, else of the first. UINT64_MAX: nothing more will be seen. Valid until the
  /// next call.
  const decode::PacketRecord* release(uint64_t now_ns);

  /// Released before their time, because too many were held.
  uint64_t early() const { return early_; }
  /// Sights whose packet had been released; they stand in no record.
  uint64_t late() const { return late_; }

 private:
  struct Held {
    uint64_t first_ns = 0;
    decode::PacketRecord record;  // of the sight that is shown
    std::vector<uint8_t> data;
    std::vector<decode::PacketStep> path;
    decode::ProcessPtr sender, receiver;
  };
  using Place = std::list<Held>::iterator;
  struct Numbered {
    uint64_t number = 0;  // 0: of none that is held
    Place place;
  };
  static constexpr size_t kNumbers = 2 * kPackets;  // numbers that are held lie close together
  static constexpr size_t kSpare = 16;
  static constexpr size_t kSpareBytes = 2048;

  Place begin(const decode::PacketRecord& sight, uint64_t seen_ns);
  void show(Held& held, const decode::PacketRecord& sight);
  void take_back();

  std::list<Held> held_;             // by first_ns
  std::list<Held> released_;         // one, or none
  std::list<Held> spare_;            // whose memory is used again
  std::vector<Numbered> by_number_;  // by number % kNumbers
  uint64_t last_number_ = 0;         // the largest that was held
  uint64_t dropped_before_ = 0;
  size_t bytes_ = 0;
  uint64_t early_ = 0;
  uint64_t late_ = 0;
};

}  // namespace weir::app
