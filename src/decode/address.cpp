// SPDX-License-Identifier: Apache-2.0
#include "decode/address.h"

namespace weir::decode {
namespace {

char* write_decimal_byte(char* to, uint8_t value) {
  if (value >= 100) *to++ = static_cast<char>('0' + value / 100);
  if (value >= 10) *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

char* write_v4(const uint8_t* bytes, char* to) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *to++ = '.';
    to = write_decimal_byte(to, bytes[i]);
  }
  return to;
}

char* write_group(char* to, uint16_t group) {
  static constexpr char kDigits[] = "0123456789abcdef";
  if (group >= 0x1000) *to++ = kDigits[group >> 12];
  if (group >= 0x100) *to++ = kDigits[group >> 8 & 15];
  if (group >= 0x10) *to++ = kDigits[group >> 4 & 15];
  *to++ = kDigits[group & 15];
  return to;
}

struct ZeroRun {
  int start = 8;
  int length = 0;
};

/// The longest run of two or more zero groups, the first where equal (RFC 5952 4.2).
ZeroRun longest_zero_run(const std::array<uint16_t, 8>& groups) {
  ZeroRun longest, current;
  for (int i = 0; i < 8; ++i) {
    if (groups[i] != 0) {
      current.length = 0;
      continue;
    }
    if (current.length == 0) current.start = i;
    if (++current.length > longest.length) longest = current;
  }
  return longest.length >= 2 ? longest : ZeroRun{};
}

/// ::ffff:192.0.2.1, the one prefix known to hold an IPv4 address (RFC 5952 5).
bool is_mapped_v4(const std::array<uint16_t, 8>& groups) {
  for (int i = 0; i < 5; ++i)
    if (groups[i] != 0) return false;
  return groups[5] == 0xffff;
}

char* write_v6(const uint8_t* bytes, char* to) {
  std::array<uint16_t, 8> groups;
  for (int i = 0; i < 8; ++i) groups[i] = static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  if (is_mapped_v4(groups)) {
    std::memcpy(to, "::ffff:", 7);
    return write_v4(bytes + 12, to + 7);
  }
  const ZeroRun run = longest_zero_run(groups);
  for (int i = 0; i < 8; ++i) {
    if (i == run.start) {
      *to++ = ':';
      *to++ = ':';
      i += run.length - 1;
      continue;
    }
    if (i > 0 && i != run.start + run.length) *to++ = ':';
    to = write_group(to, groups[i]);
  }
  return to;
}

}  // namespace

size_t write_address(const IpAddress& address, char* to) {
  const char* end =
      address.version == 6 ? write_v6(address.bytes.data(), to) : write_v4(address.bytes.data(), to);
  return static_cast<size_t>(end - to);
}

std::string to_string(const IpAddress& address) {
  char text[kAddressTextBytes];
  return std::string(text, write_address(address, text));
}

}  // namespace weir::decode
