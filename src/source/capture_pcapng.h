// SPDX-License-Identifier: Apache-2.0
// The pcapng format (draft-ietf-opsawg-pcapng): blocks of sections, interfaces and packets.
#pragma once

#include <memory>
#include <string>

#include "source/capture_format.h"
#include "source/capture_ticks.h"

namespace weir::source {

class PcapngFormat : public CaptureFormat {
 public:
  /// The window begins with a section header's block type.
  static bool recognises(std::span<const uint8_t> first);
  /// Takes the first section header. Fails with bad_input, without the file's name.
  static base::Result<std::unique_ptr<PcapngFormat>> open(ByteWindow& window, const std::string& file);

  size_t take(ByteWindow& window, std::span<CapturedPacket> packets) override;

 private:
  struct Block {
    const uint8_t* body;
    size_t body_bytes;
  };
  /// An interface of the section being read.
  struct Interface {
    uint32_t index;  // into interfaces_
    uint32_t snap_bytes;
    TickClock clock;
  };
  enum class Step { packet, other, stop };

  explicit PcapngFormat(std::string file) : file_(std::move(file)) {}
  Step step(ByteWindow& window, CapturedPacket* packet);
  Step begin_section(ByteWindow& window);
  Step skip(ByteWindow& window);
  /// The whole block of type `what` at the window's front; empty: stopped.
  std::optional<Block> whole_block(ByteWindow& window, uint32_t total_bytes, size_t least_body_bytes,
                                   uint32_t most_bytes, const char* what);
  bool add_interface(const Block& block);
  /// Enhanced packet blocks, and obsolete ones: they differ in the width of the interface's number.
  bool timed_packet(const Block& block, uint32_t interface_id, CapturedPacket& packet);
  bool simple_packet(const Block& block, CapturedPacket& packet);
  bool captured(const Block& block, size_t header_bytes, uint32_t bytes, uint32_t wire,
                CapturedPacket& packet);
  const Interface* known_interface(uint32_t id);
  Step want(size_t bytes, const char* what, bool between);
  bool refuse(std::string what);

  uint32_t word(const uint8_t* at) const { return load<uint32_t>(at, swapped_); }
  uint16_t half(const uint8_t* at) const { return load<uint16_t>(at, swapped_); }

  std::string file_;
  bool swapped_ = false;
  bool has_section_ = false;
  std::vector<Interface> section_;          // interfaces of this section
  std::vector<uint32_t> previous_section_;  // indices into interfaces_ of the one before
  int64_t previous_time_ns_ = 0;            // simple packets have none of their own
  uint64_t skip_bytes_ = 0;                 // of a block that nobody reads
  uint32_t skipped_total_ = 0;              // its length, to be told again behind it; 0: none
};

}  // namespace weir::source
