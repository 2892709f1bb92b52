// SPDX-License-Identifier: Apache-2.0
// One packet while it is printed: its bytes, how far they may be read, and the text so far.
#pragma once

#include <algorithm>
#include <cstdint>

#include "decode/packet_record.h"
#include "sink/packet_sequences.h"
#include "sink/packet_text_options.h"
#include "sink/packet_writer.h"

namespace weir::sink {

/// Positions are offsets into the frame. A read past `end` gives 0, writes " [|tcp]" (the protocol being
/// printed) and freezes the text: printers need not look at each read, only end their loops when `cut` is
/// set.
struct PacketPrint {
  const PacketTextOptions& options;
  PacketWriter& text;
  PacketSequences& sequences;
  const uint8_t* data = nullptr;
  size_t end = 0;  // captured, and inside of all enclosing lengths
  const char* protocol = "";
  bool cut = false;
  bool live = false;  // not from a file: checksums may still be the card's to fill in
  decode::ChecksumState checksum_state = decode::ChecksumState::unknown;
  bool outbound = false;
  uint32_t depth = 0;  // packets inside packets

  bool has(size_t at, size_t bytes) const { return at + bytes <= end; }
  size_t available(size_t at) const { return at < end ? end - at : 0; }

  uint8_t u8(size_t at) { return check(at, 1) ? data[at] : 0; }
  uint16_t u16(size_t at) { return check(at, 2) ? static_cast<uint16_t>(data[at] << 8 | data[at + 1]) : 0; }
  uint32_t u24(size_t at) {
    return check(at, 3) ? uint32_t{data[at]} << 16 | uint32_t{data[at + 1]} << 8 | data[at + 2] : 0;
  }
  uint32_t u32(size_t at) {
    return check(at, 4) ? uint32_t{data[at]} << 24 | uint32_t{data[at + 1]} << 16 |
                              uint32_t{data[at + 2]} << 8 | data[at + 3]
                        : 0;
  }

  /// False and the packet cut where `bytes` at `at` were not captured.
  bool check(size_t at, size_t bytes) {
    if (has(at, bytes)) [[likely]]
      return true;
    cut_here();
    return false;
  }
  void cut_here();

  /// " [|tcp]": the packet, or what was captured of it, ends inside its header.
  void truncated();
  /// " (invalid)".
  void invalid();

  void ipv4(size_t at);
  void ipv6(size_t at);
  void mac(size_t at) {
    if (check(at, 6)) text.colon_hex(data + at, 6);
  }
  /// Bytes of the packet as text, escaped; false where they were not captured.
  bool safe(size_t at, size_t bytes) {
    const size_t there = std::min(bytes, available(at));
    text.safe(data + at, there);
    return there == bytes;
  }
  void hex_bytes(size_t at, size_t bytes) {
    for (size_t i = 0; i < bytes && !cut; ++i) text.hex_byte(u8(at + i));
  }

  /// The one's complement sum's complement of `bytes` at `at`: 0 where a checksum inside is right. Starts
  /// from `sum`, a pseudo header's.
  uint16_t checksum(size_t at, size_t bytes, uint32_t sum = 0) const;
  /// Whether a wrong `field` is only one that is not filled in yet. Where the kernel did not say: a packet on
  /// its way out, or one that holds no more than the sum of its pseudo header (skbuff.h, CHECKSUM_PARTIAL),
  /// as between containers.
  bool partial_checksum(uint16_t field, uint32_t pseudo_sum) const;
};

/// Lowers `end` to what a length field says, for the time of its scope.
class EndLimit {
 public:
  EndLimit(PacketPrint& print, size_t end) : print_(print), before_(print.end) {
    print.end = std::min(print.end, end);
  }
  ~EndLimit() { print_.end = before_; }
  EndLimit(const EndLimit&) = delete;
  EndLimit& operator=(const EndLimit&) = delete;

 private:
  PacketPrint& print_;
  size_t before_;
};

/// What a wrong checksum field would have to be, from its value and PacketPrint::checksum over all.
uint16_t right_checksum(uint16_t field, uint16_t sum);

struct NumberWord {
  uint32_t value;
  const char* word;
};
/// The word for `value`; null where there is none.
template <size_t N>
const char* word_for(const NumberWord (&words)[N], uint32_t value) {
  for (const NumberWord& word : words)
    if (word.value == value) return word.word;
  return nullptr;
}
/// "a, b": the words whose bits are all set; `none` without any.
template <size_t N>
void put_bit_words(PacketWriter& text, const NumberWord (&words)[N], uint32_t bits, const char* none,
                   const char* separator = ", ") {
  bool first = true;
  for (const NumberWord& word : words) {
    if ((bits & word.value) != word.value || word.value == 0) continue;
    if (!first) text.put(std::string_view(separator));
    first = false;
    text.put(std::string_view(word.word));
  }
  if (first) text.put(std::string_view(none));
}

}  // namespace weir::sink
