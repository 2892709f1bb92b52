// SPDX-License-Identifier: Apache-2.0
#include "lab/trace_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "kernel/pseudo_mount.h"

namespace weir::lab {

base::Result<TracePipe> TracePipe::open() {
  const auto folder = kernel::open_tracefs();
  if (!folder) return base::fail_within(folder.error(), "reading what bpf_printk writes");
  base::UniqueFd fd(::openat(folder->get(), "trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno(errno, "cannot open tracefs' trace_pipe");
  return TracePipe(std::move(fd));
}

void TracePipe::take_line(std::string_view line, const std::function<void(const TraceLine&)>& take) {
  TraceLine next;
  if (parse_trace_line(line, next)) {
    if (has_last_) take(last_);
    last_ = std::move(next);
    has_last_ = true;
  } else if (const uint64_t lost = lost_trace_events(line)) {
    lost_ += lost;
  } else if (has_last_ && !line.empty() && last_.message.size() < kLongestLine) {
    last_.message.append("\n").append(line);
  }
}

bool TracePipe::read(const std::function<void(const TraceLine&)>& take) {
  std::array<char, 16 * 1024> part;
  size_t taken = 0;
  while (taken < kMostAtOnce) {
    const ssize_t bytes = ::read(fd_.get(), part.data(), part.size());
    if (bytes <= 0) break;
    taken += static_cast<size_t>(bytes);
    rest_.append(part.data(), static_cast<size_t>(bytes));
    size_t begin = 0;
    for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
      take_line(std::string_view(rest_).substr(begin, end - begin), take);
    rest_.erase(0, begin);
    if (rest_.size() > kLongestLine) rest_.clear();
  }
  if (std::exchange(has_last_, false)) take(last_);
  return taken >= kMostAtOnce;
}

void TracePipe::discard() {
  while (read([](const TraceLine&) {})) {
  }
  lost_ = 0;
}

}  // namespace weir::lab
