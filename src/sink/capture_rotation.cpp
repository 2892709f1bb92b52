// SPDX-License-Identifier: Apache-2.0
#include "sink/capture_rotation.h"

#include <array>
#include <climits>
#include <ctime>
#include <utility>

namespace weir::sink {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

/// As many as the largest of `files` numbers has (0, 1, ... files - 1); 0 where there is one file or no
/// limit.
int digits_of(uint32_t files) {
  int digits = 0;
  for (uint32_t rest = files == 0 ? 0 : files - 1; rest > 0; rest /= 10) ++digits;
  return digits;
}

}  // namespace

CaptureRotation::CaptureRotation(std::string path, const RotationOptions& options, int64_t now_ns)
    : path_(std::move(path)), options_(options), period_start_(now_ns / kNsPerSecond) {
  if (options.most_bytes != 0) digits_ = digits_of(options.files);
}

base::Result<std::string> CaptureRotation::name() const {
  std::string name = path_;
  if (options_.seconds != 0) {
    const time_t start = period_start_;
    tm local{};
    std::array<char, PATH_MAX + 1> text{};
    if (::localtime_r(&start, &local) == nullptr ||
        std::strftime(text.data(), text.size(), path_.c_str(), &local) == 0) {
      return base::fail(
          base::ErrorKind::bad_input,
          "'" + path_ + "' gives no file name; -G takes strftime(3)'s letters, as in %Y%m%d-%H%M%S");
    }
    name = text.data();
  }
  if (options_.most_bytes == 0 || (file_number_ == 0 && digits_ == 0)) return name;
  std::string number = std::to_string(file_number_);
  if (number.size() < static_cast<size_t>(digits_))
    number.insert(0, static_cast<size_t>(digits_) - number.size(), '0');
  return name + number;
}

CaptureRotation::Step CaptureRotation::before_packet(uint64_t file_bytes, int64_t now_ns) {
  if (options_.seconds != 0) {
    const int64_t now = now_ns / kNsPerSecond;
    if (now - period_start_ >= int64_t{options_.seconds}) {
      period_start_ = now;
      ++periods_;
      file_number_ = 0;
      // With -C the count is of files within the period, as in tcpdump.
      const bool limited = options_.most_bytes == 0 && options_.files != 0;
      return limited && periods_ >= options_.files ? Step::over : Step::next;
    }
  }
  if (options_.most_bytes != 0 && file_bytes > options_.most_bytes) {
    ++file_number_;
    if (options_.files != 0 && file_number_ >= options_.files) file_number_ = 0;
    return Step::next;
  }
  return Step::stay;
}

}  // namespace weir::sink
