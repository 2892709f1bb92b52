// SPDX-License-Identifier: Apache-2.0
#include "source/capture_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "source/capture_merge.h"
#include "source/capture_reader.h"

namespace weir::source {
namespace {

constexpr size_t kMostWindowBytes = 4 * 1024 * 1024;  // of all files together, until there are 256 of them

base::Result<std::unique_ptr<CaptureReader>> open_capture(const std::string& path, int stop_fd,
                                                          size_t chunk_bytes) {
  const std::string name = path == "-" ? "stdin" : path;
  auto bytes = FileBytes::open(path, stop_fd);
  if (!bytes) return base::fail_within(std::move(bytes.error()), name);
  return read_capture(std::move(*bytes), name, chunk_bytes);
}

bool is_regular_file(const std::string& path) {
  struct stat status {};
  return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

base::Result<std::unique_ptr<CaptureReader>> open_captures(const std::vector<std::string>& paths,
                                                           int stop_fd) {
  if (paths.empty()) return base::fail(base::ErrorKind::bad_input, "no capture file named");
  if (std::count(paths.begin(), paths.end(), "-") > 1)
    return base::fail(base::ErrorKind::bad_input, "stdin (-) can be read once only");
  if (paths.size() == 1) return open_capture(paths[0], stop_fd, kChunkBytes);

  const size_t chunk_bytes = std::clamp(kMostWindowBytes / paths.size(), size_t{16 * 1024}, kChunkBytes);
  std::vector<MergedCapture> captures;
  for (const std::string& path : paths) {
    captures.push_back({[path, stop_fd, chunk_bytes] { return open_capture(path, stop_fd, chunk_bytes); },
                        is_regular_file(path)});
  }
  return merge_captures(std::move(captures));
}

}  // namespace weir::source
