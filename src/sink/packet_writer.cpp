// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "decode/address.h"

namespace weir::sink {
namespace {

constexpr size_t kUsualBytes = 4096;
constexpr size_t kKeptBytes = 256 * 1024;  // a longer buffer is given back at the next packet

/// "0." to "255.", for the four parts of an address.
struct Octet {
  char text[4];
  uint8_t length;  // without the dot
};

constexpr std::array<Octet, 256> make_octets() {
  std::array<Octet, 256> octets{};
  for (unsigned value = 0; value < 256; ++value) {
    Octet& octet = octets[value];
    uint8_t length = 0;
    if (value >= 100) octet.text[length++] = static_cast<char>('0' + value / 100);
    if (value >= 10) octet.text[length++] = static_cast<char>('0' + value / 10 % 10);
    octet.text[length++] = static_cast<char>('0' + value % 10);
    octet.text[length] = '.';
    octet.length = length;
  }
  return octets;
}
constexpr std::array<Octet, 256> kOctets = make_octets();

}  // namespace

PacketWriter::PacketWriter() : capacity_(kUsualBytes), buffer_(new char[kUsualBytes]) {
  clear();
}

void PacketWriter::clear() {
  if (capacity_ > kKeptBytes) {
    capacity_ = kUsualBytes;
    buffer_.reset(new char[capacity_]);
  }
  frozen_ = false;
  at_ = buffer_.get();
  end_ = at_ + capacity_;
}

void PacketWriter::freeze() {
  if (frozen_) return;
  frozen_ = true;
  frozen_bytes_ = used();
  end_ = at_;
}

void PacketWriter::thaw() {
  if (!frozen_) return;
  frozen_ = false;
  at_ = buffer_.get() + frozen_bytes_;
  end_ = buffer_.get() + capacity_;
}

void PacketWriter::end_line() {
  thaw();
  if (used() >= kPacketTextLimit)
    at_ = buffer_.get() + kPacketTextLimit - 1;  // in place of the last character
  put('\n');
}

void PacketWriter::make_room(size_t bytes) {
  // What was written since the freeze may be overwritten; a caller that asks for more than the limit allows
  // writes into the rest of the buffer, which is then made large enough but never shown.
  size_t kept = frozen_ ? frozen_bytes_ : used();
  if (!frozen_ && kept + bytes > kPacketTextLimit) {
    freeze();
    kept = frozen_bytes_;
  }
  if (capacity_ - kept < bytes) {
    const size_t wanted = std::max(capacity_ * 2, kept + bytes);
    std::unique_ptr<char[]> larger(new char[wanted]);
    std::memcpy(larger.get(), buffer_.get(), kept);
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  at_ = buffer_.get() + kept;
  end_ = frozen_ ? at_ : buffer_.get() + capacity_;
}

void PacketWriter::decimal(uint64_t number) {
  char* to = room(20);
  at_ = std::to_chars(to, to + 20, number).ptr;
}

void PacketWriter::padded_decimal(uint64_t number, int digits) {
  std::array<char, 20> text{};
  const auto count = static_cast<int>(std::to_chars(text.data(), text.data() + 20, number).ptr - text.data());
  for (int i = count; i < digits; ++i) put('0');
  put(std::string_view(text.data(), static_cast<size_t>(count)));
}

void PacketWriter::hex(uint64_t number, int digits) {
  std::array<char, 16> text{};
  const auto count =
      static_cast<int>(std::to_chars(text.data(), text.data() + 16, number, 16).ptr - text.data());
  for (int i = count; i < digits; ++i) put('0');
  put(std::string_view(text.data(), static_cast<size_t>(count)));
}

void PacketWriter::ipv4(const uint8_t* four_bytes) {
  char* to = room(16);
  for (int i = 0; i < 4; ++i) {
    const Octet& octet = kOctets[four_bytes[i]];
    std::memcpy(to, octet.text, 4);
    to += octet.length + 1;
  }
  at_ = to - 1;
}

void PacketWriter::ipv6(const uint8_t* sixteen_bytes) {
  char* to = room(decode::kAddressTextBytes);
  at_ = to + decode::write_address(decode::IpAddress::v6(sixteen_bytes), to);
}

void PacketWriter::colon_hex(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (i != 0) put(':');
    hex_byte(bytes[i]);
  }
}

void PacketWriter::replace_from(size_t start, std::string_view text) {
  const bool was_frozen = frozen_;
  thaw();
  at_ = buffer_.get() + start;
  put(text);
  if (was_frozen) freeze();
}

void PacketWriter::pad_to(size_t start, size_t width) {
  if (frozen_) return;
  while (used() - start < width) put(' ');
}

void PacketWriter::safe(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    uint8_t byte = bytes[i];
    if (byte >= 0x80) {
      put("M-");
      byte &= 0x7f;
    }
    if (byte < 0x20 || byte == 0x7f) {
      put('^');
      byte ^= 0x40;
    }
    put(static_cast<char>(byte));
  }
}

}  // namespace weir::sink
