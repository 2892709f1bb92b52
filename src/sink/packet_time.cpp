// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_time.h"

#include <cstdio>
#include <ctime>

namespace weir::sink {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

struct Instant {
  int64_t second;
  uint32_t nanoseconds;
};

Instant split(int64_t time_ns) {
  Instant instant{time_ns / kSecond, 0};
  int64_t rest = time_ns % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --instant.second;
  }
  instant.nanoseconds = static_cast<uint32_t>(rest);
  return instant;
}

void put_clock(PacketWriter& text, uint64_t second) {
  text.padded_decimal(second / 3600, 2);
  text.put(':');
  text.padded_decimal(second / 60 % 60, 2);
  text.put(':');
  text.padded_decimal(second % 60, 2);
}

}  // namespace

void PacketTimeText::put_fraction(PacketWriter& text, uint32_t nanoseconds) const {
  std::array<char, 10> digits;
  const size_t count = nanoseconds_ ? 9 : 6;
  uint32_t value = nanoseconds_ ? nanoseconds : nanoseconds / 1000;
  digits[0] = '.';
  for (size_t i = count; i > 0; --i) {
    digits[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  text.put(std::string_view(digits.data(), count + 1));
}

void PacketTimeText::put_local(PacketWriter& text, int64_t second) {
  if (second != cached_second_) {
    const std::time_t time = second;
    std::tm local{};
    cached_second_ = second;
    if (::localtime_r(&time, &local) == nullptr) {
      cached_bytes_ =
          static_cast<size_t>(std::snprintf(cached_.data(), cached_.size(), "[date out of range]"));
    } else {
      const char* format = kind_ == PacketTime::date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S";
      cached_bytes_ = std::strftime(cached_.data(), cached_.size(), format, &local);
    }
  }
  text.put(std::string_view(cached_.data(), cached_bytes_));
}

void PacketTimeText::put_difference(PacketWriter& text, int64_t difference_ns) const {
  const bool negative = difference_ns < 0;
  uint64_t size =
      negative ? uint64_t{0} - static_cast<uint64_t>(difference_ns) : static_cast<uint64_t>(difference_ns);
  text.put(negative ? '-' : ' ');
  put_clock(text, size / kSecond);
  put_fraction(text, static_cast<uint32_t>(size % kSecond));
}

void PacketTimeText::put(PacketWriter& text, int64_t time_ns) {
  if (!nanoseconds_) {  // differences are those of the times that would be shown
    int64_t rest = time_ns % 1000;
    if (rest < 0) rest += 1000;
    if (time_ns >= INT64_MIN + 1000) time_ns -= rest;
  }
  const Instant instant = split(time_ns);
  switch (kind_) {
    case PacketTime::none:
      return;
    case PacketTime::clock:
    case PacketTime::date:
      put_local(text, instant.second);
      put_fraction(text, instant.nanoseconds);
      break;
    case PacketTime::epoch:
      if (instant.second < 0) text.put('-');
      text.decimal(static_cast<uint64_t>(instant.second < 0 ? -instant.second : instant.second));
      put_fraction(text, instant.nanoseconds);
      break;
    case PacketTime::since_last:
    case PacketTime::since_first: {
      if (!any_) since_ns_ = time_ns;
      // Captures may hold any time: the difference wraps rather than overflows.
      const auto difference =
          static_cast<int64_t>(static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(since_ns_));
      put_difference(text, difference);
      if (kind_ == PacketTime::since_last) since_ns_ = time_ns;
      break;
    }
  }
  any_ = true;
  text.put(' ');
}

}  // namespace weir::sink
