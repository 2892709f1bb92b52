// SPDX-License-Identifier: Apache-2.0
#include "source/capture_bytes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace weir::source {
namespace {

constexpr int kPipeBytes = 1 << 20;  // fewer switches between the writer and us

}  // namespace

base::Result<std::unique_ptr<FileBytes>> FileBytes::open(const std::string& path, int stop_fd) {
  const bool is_stdin = path == "-";
  base::UniqueFd fd(is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno(errno, "cannot open it");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return base::fail_errno(errno, "cannot look at it");
  if (S_ISDIR(status.st_mode)) return base::fail(base::ErrorKind::bad_input, "is a directory, no capture");
  const bool regular = S_ISREG(status.st_mode);
  if (regular) ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  if (S_ISFIFO(status.st_mode)) ::fcntl(fd.get(), F_SETPIPE_SZ, kPipeBytes);  // as it was, where refused
  return std::unique_ptr<FileBytes>(new FileBytes(std::move(fd), stop_fd, !regular));
}

base::Result<bool> FileBytes::wait_for_bytes() {
  pollfd waiting[2] = {{fd_.get(), POLLIN, 0}, {stop_fd_, POLLIN, 0}};
  while (::poll(waiting, 2, -1) < 0) {
    if (errno != EINTR) return base::fail_errno(errno, "cannot wait for it");
  }
  return waiting[1].revents == 0;
}

base::Result<size_t> FileBytes::read(uint8_t* to, size_t size) {
  errno = 0;
  for (;;) {
    if (may_wait_ && (stop_fd_ >= 0 || errno == EAGAIN)) {
      auto go_on = wait_for_bytes();
      if (!go_on) return tl::unexpected<base::Error>(go_on.error());
      if (!*go_on) {
        stopped_ = true;
        return size_t{0};
      }
    }
    const ssize_t got = ::read(fd_.get(), to, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR && errno != EAGAIN) return base::fail_errno(errno, "cannot read it");
  }
}

base::Result<size_t> MemoryBytes::read(uint8_t* to, size_t size) {
  const size_t taken = std::min({size, left_.size(), piece_bytes_});
  if (taken > 0) std::memcpy(to, left_.data(), taken);
  left_ = left_.subspan(taken);
  return taken;
}

}  // namespace weir::source
