// SPDX-License-Identifier: Apache-2.0
#include "sink/output_buffer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace weir::sink {

OutputBuffer::OutputBuffer(int fd, size_t capacity_bytes)
    : fd_(fd), capacity_(capacity_bytes), buffer_(new char[capacity_bytes]) {}

void OutputBuffer::make_room(size_t bytes) {
  write_out();
  if (bytes <= capacity_) return;
  capacity_ = bytes;
  buffer_.reset(new char[capacity_]);
}

void OutputBuffer::write_out() {
  const char* from = buffer_.get();
  const char* const end = from + used_;
  used_ = 0;
  while (from < end && !error_) {
    const ssize_t written = ::write(fd_, from, static_cast<size_t>(end - from));
    if (written >= 0) {
      written_bytes_ += static_cast<uint64_t>(written);
      written_lines_ += static_cast<uint64_t>(std::count(from, from + written, '\n'));
      from += written;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      pollfd writable{fd_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
      continue;
    }
    const int problem = errno;
    error_ = base::fail_errno(problem, "cannot write the output after " + std::to_string(written_lines_) +
                                           " lines (" + std::to_string(written_bytes_) + " bytes)")
                 .value();
  }
}

base::Result<> OutputBuffer::flush() {
  write_out();
  if (error_) return tl::unexpected<base::Error>(*error_);
  return {};
}

}  // namespace weir::sink
