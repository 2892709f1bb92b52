// SPDX-License-Identifier: Apache-2.0
// One packet at one point of its way, live or from a file: what packet sinks write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decode/packet_headers.h"
#include "decode/process.h"

namespace weir::decode {

enum class PacketDirection : uint8_t { unknown, inbound, outbound };

/// Where on the belt the packet was seen.
enum class CapturePoint : uint8_t { file, xdp, tc, cgroup, socket };
/// "file", "xdp", "tc", "cgroup", "socket".
const char* to_string(CapturePoint point);

/// Whether the transport header's checksum is in the packet, or left to the card.
enum class ChecksumState : uint8_t { unknown, filled, partial };

/// What a program of Weir's own, or a drop record, said of the packet; pcapng's epb_verdict.
struct PacketVerdict {
  enum class Kind : uint8_t { tc = 1, xdp = 2 };
  Kind kind = Kind::tc;
  int64_t code = 0;  // TC_ACT_* or XDP_*
};

struct PacketInterface {
  std::string name;         // empty: none (the cgroup hook has none)
  std::string description;  // for people
  uint32_t ifindex = 0;     // 0: none, or from a file
  uint32_t link_type = 0;   // LINKTYPE_*
  uint32_t snap_bytes = 0;  // 0: unlimited
};

/// From one point that a packet passed to the next.
struct PacketHop {
  uint64_t after_ns = 0;
  /// At either end; a header that one point does not show is as it was last seen.
  PacketHeaders before, now;
};

/// One of the points that a packet passed. `interface` outlives the run.
struct PacketStep {
  const PacketInterface* interface = nullptr;  // never null
  PacketDirection direction = PacketDirection::unknown;
  CapturePoint point = CapturePoint::file;
  std::optional<PacketHop> hop;  // from the point before; empty at the first
};

/// `data`, `interface` and `path` are borrowed for the time of the call that hands the record on.
struct PacketRecord {
  int64_t time_ns = 0;                         // since 1970
  std::span<const uint8_t> data;               // captured, from the link header of interface->link_type
  uint32_t wire_bytes = 0;                     // as on the wire; not below data.size()
  const PacketInterface* interface = nullptr;  // never null
  uint32_t interface_index = 0;                // of it among the run's, in order of appearance
  PacketDirection direction = PacketDirection::unknown;
  CapturePoint point = CapturePoint::file;
  ChecksumState checksum = ChecksumState::unknown;
  std::optional<uint64_t> packet_id;       // the same for each sight of one packet
  std::optional<uint64_t> dropped_before;  // packets of this interface lost since its last record
  std::optional<PacketVerdict> verdict;
  std::optional<uint32_t> thread_id;
  ProcessPtr process;                 // null: unknown
  ProcessPtr other_end;               // --once: who owns the packet's other end, where that is here too
  std::optional<PacketHop> hop;       // live: from the point before, where the packet has passed one
  std::span<const PacketStep> path;   // --once: all points that it passed, in their order
  std::vector<std::string> comments;  // a file's, but for those that became other fields
};

}  // namespace weir::decode
