// SPDX-License-Identifier: Apache-2.0
// Text under construction, one packet at a time; knows digits, not packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace weir::sink {

/// Grows as needed up to kPacketTextLimit, then takes no more. `freeze` has the same effect on purpose: where
/// a packet ended early, the printers may go on with zeros and nothing of it is seen.
inline constexpr size_t kPacketTextLimit = 4 << 20;

class PacketWriter {
 public:
  PacketWriter();

  void clear();
  std::string_view view() const { return {buffer_.get(), frozen_ ? frozen_bytes_ : used()}; }
  size_t used() const { return static_cast<size_t>(at_ - buffer_.get()); }

  /// What is written from now on is thrown away, until `thaw` or `clear`.
  void freeze();
  void thaw();
  /// The line's end, which is shown whatever was thrown away before it.
  void end_line();
  bool frozen() const { return frozen_; }

  void put(char character) {
    *room(1) = character;
    ++at_;
  }
  void put(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    at_ += text.size();
  }
  template <size_t N>
  void put(const char (&literal)[N]) {
    std::memcpy(room(N - 1), literal, N - 1);
    at_ += N - 1;
  }

  void decimal(uint64_t number);
  /// At least `digits` digits, zeros in front: %0*u.
  void padded_decimal(uint64_t number, int digits);
  /// %x with at least `digits` digits, zeros in front.
  void hex(uint64_t number, int digits = 1);
  /// %02x.
  void hex_byte(uint8_t byte) {
    char* to = room(2);
    to[0] = kHexDigits[byte >> 4];
    to[1] = kHexDigits[byte & 15];
    at_ += 2;
  }
  void ipv4(const uint8_t* four_bytes);
  void ipv6(const uint8_t* sixteen_bytes);
  /// "02:00:00:00:00:01", for any number of bytes.
  void colon_hex(const uint8_t* bytes, size_t count);
  /// Takes back what was written since `start` (a value of `used`), and writes `text` there; a frozen text
  /// stays frozen behind it.
  void replace_from(size_t start, std::string_view text);
  /// Spaces up to `width` characters since `start`.
  void pad_to(size_t start, size_t width);
  /// Printable ASCII as it is; others as tcpdump shows names: ^C for control characters, M-x above 127.
  void safe(const uint8_t* bytes, size_t count);

 private:
  static constexpr char kHexDigits[] = "0123456789abcdef";

  char* room(size_t bytes) {
    if (end_ - at_ < static_cast<ptrdiff_t>(bytes)) make_room(bytes);
    return at_;
  }
  void make_room(size_t bytes);

  size_t capacity_;
  std::unique_ptr<char[]> buffer_;
  char* at_;
  char* end_;  // while frozen: where it was frozen, so that every write asks for room
  bool frozen_ = false;
  size_t frozen_bytes_ = 0;
};

}  // namespace weir::sink
