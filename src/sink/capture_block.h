// SPDX-License-Identifier: Apache-2.0
// pcapng's blocks and options, put into memory that the caller made large enough; this machine's byte order.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::sink {

constexpr size_t padded_to_4(size_t bytes) {
  return (bytes + 3) & ~size_t{3};
}

class CaptureBlock {
 public:
  static constexpr size_t kFrameBytes = 12;  // type and length in front, the length again behind
  static constexpr size_t option_bytes(size_t value_bytes) { return 4 + padded_to_4(value_bytes); }

  CaptureBlock(uint8_t* at, uint32_t type) : begin_(at), at_(at + 8) { std::memcpy(at, &type, sizeof type); }

  template <class Integer>
  void put(Integer value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  /// The upper half first, as pcapng's timestamps are.
  void put_time(uint64_t ticks) {
    put(static_cast<uint32_t>(ticks >> 32));
    put(static_cast<uint32_t>(ticks));
  }
  void put_raw(const void* from, size_t bytes) {
    if (bytes > 0) std::memcpy(at_, from, bytes);
    at_ += bytes;
  }
  void put_padded(const void* from, size_t bytes) {
    put_raw(from, bytes);
    pad(bytes);
  }
  /// Once at most: so many bytes stand here which are not in this memory; only their padding is.
  void leave_out(size_t bytes) {
    before_ = static_cast<size_t>(at_ - begin_);
    left_out_ = bytes;
    pad(bytes);
  }
  void option(uint16_t code, std::string_view value) {
    put(code);
    put(static_cast<uint16_t>(value.size()));
    put_padded(value.data(), value.size());
  }
  template <class Number>
  void number_option(uint16_t code, const Number& value) {
    option(code, {reinterpret_cast<const char*>(&value), sizeof value});
  }
  void time_option(uint16_t code, uint64_t ticks) {
    put(code);
    put(uint16_t{8});
    put_time(ticks);
  }
  void end_options() { put(uint32_t{0}); }

  /// Closes the block; gives its length in this memory.
  size_t finish() {
    const auto here = static_cast<size_t>(at_ + 4 - begin_);
    const auto total = static_cast<uint32_t>(here + left_out_);
    put(total);
    std::memcpy(begin_ + 4, &total, sizeof total);
    return here;
  }
  /// How many of the bytes in this memory stand before those left out.
  size_t before() const { return before_; }

 private:
  void pad(size_t bytes) {
    for (size_t left = padded_to_4(bytes) - bytes; left > 0; --left) *at_++ = 0;
  }

  uint8_t* begin_;
  uint8_t* at_;
  size_t before_ = 0;
  size_t left_out_ = 0;
};

}  // namespace weir::sink
