// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace weir::base {
namespace {

void write_digits(char* to, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

constexpr int64_t kDayNs = 86'400'000'000'000;

}  // namespace

void write_rfc3339(int64_t unix_ns, char* to) {
  int64_t days = unix_ns / kDayNs;
  int64_t rest = unix_ns % kDayNs;
  if (rest < 0) {
    rest += kDayNs;
    --days;
  }
  // Days to a proleptic Gregorian date (Howard Hinnant, "chrono-compatible low-level date algorithms").
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const uint64_t day_of_era = static_cast<uint64_t>(days - era * 146097);
  const uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  const uint64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const uint64_t year = year_of_era + static_cast<uint64_t>(era) * 400 + (month <= 2 ? 1 : 0);
  const uint64_t seconds = static_cast<uint64_t>(rest) / 1'000'000'000;
  write_digits(to, year, 4);
  to[4] = '-';
  write_digits(to + 5, month, 2);
  to[7] = '-';
  write_digits(to + 8, day, 2);
  to[10] = 'T';
  write_digits(to + 11, seconds / 3600, 2);
  to[13] = ':';
  write_digits(to + 14, seconds / 60 % 60, 2);
  to[16] = ':';
  write_digits(to + 17, seconds % 60, 2);
  to[19] = '.';
  write_digits(to + 20, static_cast<uint64_t>(rest) % 1'000'000'000, 9);
  to[29] = 'Z';
}

}  // namespace weir::base
