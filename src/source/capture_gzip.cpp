// SPDX-License-Identifier: Apache-2.0
#include "source/capture_gzip.h"

#include <algorithm>
#include <cstring>

namespace weir::source {
namespace {

constexpr size_t kInputBytes = 64 * 1024;
constexpr int kGzipWindow = 15 + 16;  // zlib: largest window, gzip framing only

}  // namespace

GzipBytes::GzipBytes(std::unique_ptr<ByteSource> compressed, std::span<const uint8_t> first)
    : compressed_(std::move(compressed)), input_(std::max(kInputBytes, first.size())) {
  std::memcpy(input_.data(), first.data(), first.size());
  stream_.next_in = input_.data();
  stream_.avail_in = static_cast<uInt>(first.size());
  input_offset_ = first.size();
  ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK;
}

GzipBytes::~GzipBytes() {
  if (ready_) inflateEnd(&stream_);
}

base::Result<std::unique_ptr<GzipBytes>> GzipBytes::open(std::unique_ptr<ByteSource> compressed,
                                                         std::span<const uint8_t> first) {
  std::unique_ptr<GzipBytes> bytes(new GzipBytes(std::move(compressed), first));
  if (!bytes->ready_) return base::fail(base::ErrorKind::resource, "no memory to unpack gzip data");
  return bytes;
}

tl::unexpected<base::Error> GzipBytes::tear(const std::string& expected) const {
  return base::fail(base::ErrorKind::bad_input, "byte " + std::to_string(input_offset_ - stream_.avail_in) +
                                                    " of the gzip data: " + expected);
}

base::Result<size_t> GzipBytes::refill() {
  auto got = compressed_->read(input_.data(), input_.size());
  if (!got) return got;
  stream_.next_in = input_.data();
  stream_.avail_in = static_cast<uInt>(*got);
  input_offset_ += *got;
  input_ended_ = *got == 0;
  return got;
}

base::Result<bool> GzipBytes::next_member() {
  for (;;) {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
    }
    if (stream_.avail_in > 0) break;
    if (input_ended_) return false;
    auto got = refill();
    if (!got) return tl::unexpected<base::Error>(got.error());
  }
  member_ended_ = false;
  inflateReset(&stream_);
  return true;
}

base::Result<size_t> GzipBytes::read(uint8_t* to, size_t size) {
  stream_.next_out = to;
  stream_.avail_out = static_cast<uInt>(std::min<size_t>(size, 1u << 30));
  const uInt room = stream_.avail_out;
  while (stream_.avail_out == room) {
    if (member_ended_) {
      auto more = next_member();
      if (!more) return tl::unexpected<base::Error>(more.error());
      if (!*more) return size_t{0};
    }
    const int outcome = inflate(&stream_, Z_NO_FLUSH);
    if (stream_.avail_out < room) {
      if (outcome == Z_STREAM_END) member_ended_ = true;
      break;  // an error comes again when nothing is left to give
    }
    if (outcome == Z_STREAM_END) {
      member_ended_ = true;
    } else if (outcome == Z_OK || outcome == Z_BUF_ERROR) {
      if (input_ended_)
        return stopped() ? base::Result<size_t>(0) : tear("more gzip data expected, found the end");
      auto got = refill();
      if (!got) return got;
    } else {
      return tear(std::string("gzip data expected (zlib: ") + (stream_.msg ? stream_.msg : "?") + ")");
    }
  }
  return size_t{room - stream_.avail_out};
}

}  // namespace weir::source
