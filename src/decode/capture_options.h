// SPDX-License-Identifier: Apache-2.0
// What pcapng's options say of a packet: direction, drops, id, verdict, thread, owner, comments
// (draft-ietf-opsawg-pcapng 4.3.1). Knows no files and no blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bounded_cache.h"
#include "decode/owner_comment.h"
#include "decode/packet_record.h"

namespace weir::decode {

/// Codes of an enhanced packet block's options.
enum PacketOption : uint16_t {
  kOptionEnd = 0,
  kOptionComment = 1,
  kOptionFlags = 2,
  kOptionDropCount = 4,
  kOptionPacketId = 5,
  kOptionVerdict = 7,
  kOptionProcessThread = 8,  // process id, thread id; 0: unknown
};

struct PacketOwner {
  PacketDirection direction = PacketDirection::unknown;
  const ProcessPtr* process = nullptr;  // null: unknown; valid until the next call
};

/// Reads the options of one packet after another. The same process, told in the same way, is the same
/// ProcessPtr as long as it is among the last kProcesses ones. Bounded: 12 MiB at most.
class CaptureOptions {
 public:
  static constexpr size_t kProcesses = 4096;

  CaptureOptions();

  /// Sets `record`'s direction, packet_id, dropped_before, verdict, thread_id, process and comments; what the
  /// options do not tell is set to absent. `swapped`: the file has the other byte order than this machine.
  void read(std::span<const uint8_t> options, bool swapped, PacketRecord& record);
  /// The owner alone, without an allocation for owners that are known.
  PacketOwner read_owner_only(std::span<const uint8_t> options, bool swapped);

  /// Packets whose options ended within an option, or held one of a wrong length: read up to there.
  uint64_t malformed() const { return malformed_; }

 private:
  struct Fields {
    PacketDirection direction = PacketDirection::unknown;
    std::optional<uint64_t> packet_id;
    std::optional<uint64_t> drop_count;
    std::optional<PacketVerdict> verdict;
    uint32_t pid = 0;
    uint32_t tid = 0;
  };
  /// What a packet's comments meant.
  struct Meaning {
    std::string key;
    bool known = false;
    ProcessPtr process;
    std::optional<uint32_t> thread_id;
    std::vector<std::string> remaining;
  };

  Fields scan(std::span<const uint8_t> options, bool swapped);
  const Meaning& meaning(const Fields& fields);
  void understand(const Fields& fields, Meaning& meaning);
  ProcessPtr same(Process process);

  std::vector<std::string_view> comments_;  // of the packet being read, without those of threads
  std::optional<uint32_t> comment_thread_;
  std::string key_;
  std::vector<Meaning> meanings_;  // by the key's hash
  Meaning rare_;                   // one too large to be kept
  base::BoundedCache<std::string, ProcessPtr> processes_{kProcesses};
  uint64_t malformed_ = 0;
};

}  // namespace weir::decode
