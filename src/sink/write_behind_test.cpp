// SPDX-License-Identifier: Apache-2.0
#include "sink/write_behind.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "sink/capture_file_writer.h"

namespace weir::sink {
namespace {

constexpr uint64_t kFileBytes = WriteBehind::kKeptBytes + 3 * WriteBehind::kChunkBytes;

struct File {
  File() : fd(::mkstemp(path.data())) {}
  ~File() { ::unlink(path.c_str()); }

  std::string path = testing::TempDir() + "weir-XXXXXX";
  base::UniqueFd fd;
};

/// Pages of the file's first octets that are in the page cache.
size_t cached_pages(const File& file, uint64_t bytes) {
  void* map = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.fd.get(), 0);
  if (map == MAP_FAILED) return SIZE_MAX;
  std::vector<unsigned char> there(bytes / 4096);
  const int failed = ::mincore(map, bytes, there.data());
  ::munmap(map, bytes);
  if (failed) return SIZE_MAX;
  return static_cast<size_t>(std::count_if(there.begin(), there.end(), [](auto page) { return page & 1; }));
}

bool is_in_memory_alone(const File& file) {
  struct statfs system {};
  return ::fstatfs(file.fd.get(), &system) == 0 &&
         (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

TEST(WriteBehind, leaves_the_file_as_written_and_its_beginning_out_of_the_page_cache) {
  File file;
  ASSERT_TRUE(file.fd.valid());
  auto writer = CaptureFileWriter::create(file.path);
  ASSERT_TRUE(writer.has_value()) << writer.error().message;
  constexpr size_t kBlockBytes = 4096 * 4 - 8;
  for (uint64_t block = 0; writer->bytes() < kFileBytes; ++block) {
    uint8_t* room = writer->room(kBlockBytes);
    std::fill_n(room, kBlockBytes, static_cast<uint8_t>(block * 7));
    ASSERT_TRUE(writer->commit(kBlockBytes, CaptureFileWriter::Block::packet));
  }
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(writer->packets_kept(), writer->packets());
  if (!is_in_memory_alone(file)) {
    size_t left = SIZE_MAX;
    for (int i = 0; i < 3000 && left != 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      left = cached_pages(file, WriteBehind::kChunkBytes);
    }
    EXPECT_EQ(left, 0u);
  }
  std::vector<uint8_t> block(kBlockBytes);
  uint64_t number = 0;
  for (; ::read(file.fd.get(), block.data(), kBlockBytes) == ssize_t{kBlockBytes}; ++number) {
    const auto wanted = static_cast<uint8_t>(number * 7);
    ASSERT_TRUE(std::all_of(block.begin(), block.end(), [&](uint8_t byte) { return byte == wanted; }))
        << number;
  }
  EXPECT_EQ(number, writer->packets());
}

TEST(WriteBehind, of_what_is_no_file_does_nothing) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const base::UniqueFd in(ends[0]), out(ends[1]);
  for (int i = 0; i < 20; ++i) {
    WriteBehind behind(out.get());
    behind.advance(kFileBytes);
    EXPECT_EQ(behind.problem(), 0);
  }
}

TEST(WriteBehind, ends_while_the_disk_is_at_it) {
  File file;
  ASSERT_TRUE(file.fd.valid());
  const std::vector<uint8_t> chunk(WriteBehind::kChunkBytes, 1);
  for (int i = 0; i < 3; ++i) {
    WriteBehind behind(file.fd.get());
    ASSERT_EQ(::pwrite(file.fd.get(), chunk.data(), chunk.size(), 0), static_cast<ssize_t>(chunk.size()));
    behind.advance(chunk.size());
  }
}

}  // namespace
}  // namespace weir::sink
