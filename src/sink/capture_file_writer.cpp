// SPDX-License-Identifier: Apache-2.0
#include "sink/capture_file_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace weir::sink {
namespace {

constexpr size_t kSpareBytes = 64 * 1024;  // behind kWriteBytes, for the block that crosses it
constexpr mode_t kFileMode = 0644;
constexpr uint64_t kWrittenBehindFrom = WriteBehind::kKeptBytes;

bool is_regular(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

base::Result<CaptureFileWriter> CaptureFileWriter::create(const std::string& path) {
  if (path == "-") {
    base::UniqueFd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!fd.valid()) return base::fail_errno(errno, "cannot write to stdout");
    return CaptureFileWriter(std::move(fd), "stdout");
  }
  base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, kFileMode));
  if (!fd.valid()) return base::fail_errno(errno, "cannot create " + path);
  CaptureFileWriter writer(std::move(fd), path);
  writer.created_ = true;
  return writer;
}

CaptureFileWriter::CaptureFileWriter(base::UniqueFd fd, std::string name)
    : fd_(std::move(fd)),
      name_(std::move(name)),
      buffer_(new uint8_t[kWriteBytes + kSpareBytes]),
      capacity_(kWriteBytes + kSpareBytes) {}

void CaptureFileWriter::make_room(size_t bytes) {
  flush();
  if (bytes <= capacity_) return;
  capacity_ = bytes;
  buffer_.reset(new uint8_t[capacity_]);
}

void CaptureFileWriter::keep_whole_blocks(size_t written) {
  for (const Mark& mark : marks_) {
    if (mark.end > written) break;
    if (mark.block == Block::packet) ++packets_kept_;
  }
  marks_.clear();
  used_ = 0;
}

bool CaptureFileWriter::commit_around(size_t before, std::span<const uint8_t> data, size_t bytes,
                                      Block block) {
  const size_t split = used_ + before;
  used_ += bytes;
  marks_.push_back({static_cast<uint32_t>(used_ + data.size()), block});
  if (block == Block::packet) ++packets_;
  return hand_on(split, data);
}

bool CaptureFileWriter::hand_on(size_t split, std::span<const uint8_t> data) {
  const std::span<const uint8_t> buffer(buffer_.get(), used_);
  const std::array parts = {buffer.first(split), data, buffer.subspan(split)};
  const size_t all = used_ + data.size();
  size_t written = 0;
  while (written < all && !error_) {
    std::array<iovec, 3> left{};
    int count = 0;
    size_t skip = written;
    for (const std::span<const uint8_t> part : parts) {
      const size_t done = std::min(skip, part.size());
      skip -= done;
      if (done < part.size()) left[count++] = {const_cast<uint8_t*>(part.data()) + done, part.size() - done};
    }
    const ssize_t step = ::writev(fd_.get(), left.data(), count);
    if (step >= 0) {
      written += static_cast<size_t>(step);
    } else if (errno == EAGAIN) {
      pollfd writable{fd_.get(), POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      fail(errno, written);
      return false;
    }
  }
  if (error_) {
    marks_.clear();
    used_ = 0;
    return false;
  }
  written_bytes_ += written;
  keep_whole_blocks(written);
  return write_behind();
}

bool CaptureFileWriter::write_behind() {
  if (written_bytes_ < kWrittenBehindFrom || !created_) return true;
  if (!behind_ && !is_regular(fd_.get())) {
    created_ = false;
    return true;
  }
  if (!behind_) behind_ = std::make_unique<WriteBehind>(fd_.get());
  behind_->advance(written_bytes_);
  if (behind_->problem() == 0) return true;
  fail(behind_->problem(), 0);
  return false;
}

void CaptureFileWriter::fail(int problem, size_t written) {
  size_t whole = 0;
  for (const Mark& mark : marks_) {
    if (mark.end <= written) whole = mark.end;
  }
  keep_whole_blocks(written);
  bool torn = whole < written;
  if (torn && is_regular(fd_.get())) {
    const off_t end = ::lseek(fd_.get(), 0, SEEK_CUR);
    torn = end < 0 || ::ftruncate(fd_.get(), end - static_cast<off_t>(written - whole)) != 0;
    if (!torn) written = whole;
  }
  written_bytes_ += written;
  error_ = base::fail_errno(problem, "cannot write " + name_ + " after " + std::to_string(packets_kept_) +
                                         " packets (" + std::to_string(written_bytes_) + " bytes" +
                                         (torn ? ", the last block torn" : "") + ")")
               .value();
}

}  // namespace weir::sink
