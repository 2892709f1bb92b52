// SPDX-License-Identifier: Apache-2.0
#include "app/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace weir::app {
namespace {

constexpr size_t kMostBytes = 1 << 20;

base::Result<std::string> refuse(const std::string& path, const char* what) {
  return base::fail(base::ErrorKind::bad_input, "cannot read " + path + ": " + what);
}

}  // namespace

base::Result<std::string> read_small_file(const std::string& path) {
  const bool is_stdin = path == "-";
  const base::UniqueFd fd(is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                   : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return refuse(is_stdin ? "stdin" : path, std::strerror(errno));
  std::string text(kMostBytes + 1, '\0');
  size_t used = 0;
  while (used < text.size()) {
    const ssize_t step = ::read(fd.get(), text.data() + used, text.size() - used);
    if (step == 0) break;
    if (step > 0)
      used += static_cast<size_t>(step);
    else if (errno != EINTR)
      return refuse(is_stdin ? "stdin" : path, std::strerror(errno));
  }
  if (used > kMostBytes) return refuse(path, "a megabyte at most is expected");
  text.resize(used);
  return text;
}

}  // namespace weir::app
