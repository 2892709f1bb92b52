// SPDX-License-Identifier: Apache-2.0
// The bytes inside a gzip stream (RFC 1952), concatenated members too; knows nothing of capture formats.
#pragma once

#include <zlib.h>

#include <memory>
#include <span>
#include <vector>

#include "source/capture_bytes.h"

namespace weir::source {

class GzipBytes : public ByteSource {
 public:
  /// `first` was already read from `compressed`.
  static base::Result<std::unique_ptr<GzipBytes>> open(std::unique_ptr<ByteSource> compressed,
                                                       std::span<const uint8_t> first);
  ~GzipBytes() override;
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  /// Gives what can be unpacked of the bytes that have arrived. An error names the byte of the compressed
  /// file.
  base::Result<size_t> read(uint8_t* to, size_t size) override;
  bool stopped() const override { return compressed_->stopped(); }

 private:
  GzipBytes(std::unique_ptr<ByteSource> compressed, std::span<const uint8_t> first);
  base::Result<size_t> refill();
  /// Behind a member: true where another one begins, false at the end (zeros may follow: tape blocks).
  base::Result<bool> next_member();
  tl::unexpected<base::Error> tear(const std::string& expected) const;

  std::unique_ptr<ByteSource> compressed_;
  std::vector<uint8_t> input_;
  z_stream stream_{};
  bool ready_ = false;
  bool input_ended_ = false;
  bool member_ended_ = false;
  uint64_t input_offset_ = 0;  // of the byte behind input_ in the compressed file
};

}  // namespace weir::source
