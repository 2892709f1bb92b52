// SPDX-License-Identifier: Apache-2.0
// When a capture goes on in the next file, and that file's name: tcpdump's -C, -G and -W. Touches no file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace weir::sink {

struct RotationOptions {
  uint64_t most_bytes = 0;  // -C; 0: by size never
  uint32_t seconds = 0;     // -G; 0: by time never
  uint32_t files = 0;       // -W; 0: no limit
};

class CaptureRotation {
 public:
  /// `path` is a strftime(3) pattern with -G.
  CaptureRotation(std::string path, const RotationOptions& options, int64_t now_ns);

  /// The name of the file that is, or is to be, written. Fails with bad_input where the pattern gives none.
  base::Result<std::string> name() const;

  enum class Step { stay, next, over };
  /// Before a packet is written to a file of `file_bytes`. `next`: `name` is the next file's now.
  /// `over`: -G has written -W files.
  Step before_packet(uint64_t file_bytes, int64_t now_ns);

  bool rotates() const { return options_.most_bytes != 0 || options_.seconds != 0; }
  bool by_time() const { return options_.seconds != 0; }

 private:
  std::string path_;
  RotationOptions options_;
  int digits_ = 0;            // of the number behind the name
  int64_t period_start_;      // seconds since 1970; of the file's name
  uint32_t periods_ = 0;      // that are over
  uint64_t file_number_ = 0;  // within the period
};

}  // namespace weir::sink
