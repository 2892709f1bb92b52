// SPDX-License-Identifier: Apache-2.0
// Gets what was written of a long file onto the disk early, and out of the page cache: beside the writer, who
// never waits for it.
#pragma once

#include <cstdint>
#include <memory>

namespace weir::sink {

/// The kernel lets written pages pile up by the gigabyte: it evicts what the node's programs have cached, and
/// every further page of the file is one that no CPU has near (measured: 1.7-4.2 us for 1,500 octets; 0.5
/// where the same few pages come round again). sync_file_range(2), posix_fadvise(2).
class WriteBehind {
 public:
  static constexpr uint64_t kChunkBytes = 8u << 20;
  /// So much stays in the page cache while the disk keeps up.
  static constexpr uint64_t kKeptBytes = 4 * kChunkBytes;

  /// `fd`: a regular file, written from its beginning on; a duplicate is kept.
  explicit WriteBehind(int fd);
  /// Does not wait for the disk: what is not on it yet is the kernel's, as with any file.
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  /// The file's octets so far.
  void advance(uint64_t bytes);
  /// errno of a write to the disk that failed; 0: none did.
  int problem() const;

 private:
  struct Progress;
  std::shared_ptr<Progress> progress_;  // shared with the thread
};

}  // namespace weir::sink
