// SPDX-License-Identifier: Apache-2.0
#include "sink/write_behind.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

#include "base/unique_fd.h"

namespace weir::sink {

struct WriteBehind::Progress {
  static constexpr uint64_t kEnd = UINT64_MAX;

  base::UniqueFd fd;
  std::atomic<uint64_t> chunks{0};  // written whole
  std::atomic<int> problem{0};

  /// Until the end, or until the file cannot be treated so.
  void follow();
  /// False: the file cannot, or the disk failed.
  bool sync(uint64_t chunk, unsigned how);
};

bool WriteBehind::Progress::sync(uint64_t chunk, unsigned how) {
  const auto begin = static_cast<off64_t>(chunk * kChunkBytes);
  if (::sync_file_range(fd.get(), begin, kChunkBytes, how) == 0) return true;
  // EINVAL, ESPIPE and the like: not such a file.
  if (errno == EIO || errno == ENOSPC || errno == EDQUOT) problem = errno;
  return false;
}

void WriteBehind::Progress::follow() {
  constexpr uint64_t kBehind = kKeptBytes / kChunkBytes;
  for (uint64_t chunk = 0;; ++chunk) {
    uint64_t whole = chunks;
    for (; whole <= chunk; whole = chunks) chunks.wait(whole);
    if (whole == kEnd || !sync(chunk, SYNC_FILE_RANGE_WRITE)) return;
    if (chunk < kBehind) continue;
    const uint64_t old = chunk - kBehind;
    if (!sync(old, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)) return;
    ::posix_fadvise(fd.get(), static_cast<off_t>(old * kChunkBytes), kChunkBytes, POSIX_FADV_DONTNEED);
  }
}

WriteBehind::WriteBehind(int fd) : progress_(std::make_shared<Progress>()) {
  progress_->fd = base::UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!progress_->fd.valid()) return;
  try {
    std::thread([progress = progress_] { progress->follow(); }).detach();
  } catch (const std::system_error&) {
    // Without a thread the kernel writes when it likes to.
  }
}

WriteBehind::~WriteBehind() {
  progress_->chunks = Progress::kEnd;
  progress_->chunks.notify_one();
}

void WriteBehind::advance(uint64_t bytes) {
  const uint64_t whole = bytes / kChunkBytes;
  if (whole == progress_->chunks.load(std::memory_order_relaxed)) return;
  progress_->chunks = whole;
  progress_->chunks.notify_one();
}

int WriteBehind::problem() const {
  return progress_->problem.load(std::memory_order_relaxed);
}

}  // namespace weir::sink
