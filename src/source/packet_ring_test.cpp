// SPDX-License-Identifier: Apache-2.0
#include "source/packet_ring.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace weir::source {
namespace {

constexpr uint32_t kBusy = 1U << 31, kDiscarded = 1U << 30;

/// A ring as the kernel lays it out, but for its second half, which is no mirror: tests stay in the first.
class FakeRing {
 public:
  FakeRing() : fd_(memfd_create("ring", MFD_CLOEXEC)) {
    page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t all = 2 * page_ + 2 * kBytes;
    EXPECT_EQ(ftruncate(fd_.get(), static_cast<off_t>(all)), 0);
    start_ = static_cast<uint8_t*>(mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0));
  }
  ~FakeRing() { munmap(start_, 2 * page_ + 2 * kBytes); }
  FakeRing(const FakeRing&) = delete;
  FakeRing& operator=(const FakeRing&) = delete;

  static constexpr uint64_t kBytes = 1 << 16;
  int fd() const { return fd_.get(); }
  uint64_t consumer() const { return *reinterpret_cast<uint64_t*>(start_); }

  /// Appends a record of `bytes`, each of them `letter`; where its header is.
  uint32_t* append(uint32_t bytes, char letter, uint32_t flags = 0) {
    auto* producer = reinterpret_cast<uint64_t*>(start_ + page_);
    uint8_t* at = start_ + 2 * page_ + *producer;
    const uint32_t length = bytes | flags;
    std::memcpy(at, &length, sizeof(length));
    std::memset(at + 8, letter, bytes);
    *producer += (bytes + 8 + 7) / 8 * 8;
    return reinterpret_cast<uint32_t*>(at);
  }

 private:
  base::UniqueFd fd_;
  size_t page_ = 0;
  uint8_t* start_ = nullptr;
};

std::vector<std::string> drained(PacketRing& ring, size_t most = 100) {
  std::vector<std::string> records;
  ring.drain(most, [&](std::span<const std::byte> record) {
    records.emplace_back(reinterpret_cast<const char*>(record.data()), record.size());
    return true;
  });
  return records;
}

TEST(packet_ring, gives_records_once_in_their_order) {
  FakeRing fake;
  auto ring = PacketRing::open(fake.fd(), FakeRing::kBytes);
  ASSERT_TRUE(ring);
  EXPECT_TRUE(drained(*ring).empty());
  fake.append(3, 'a');
  fake.append(16, 'b');
  EXPECT_EQ(ring->waiting_bytes(), 40u);
  EXPECT_EQ(drained(*ring), (std::vector<std::string>{"aaa", std::string(16, 'b')}));
  EXPECT_TRUE(drained(*ring).empty());
  EXPECT_EQ(fake.consumer(), 40u);
}

TEST(packet_ring, stops_before_a_record_that_is_being_written) {
  FakeRing fake;
  auto ring = PacketRing::open(fake.fd(), FakeRing::kBytes);
  ASSERT_TRUE(ring);
  fake.append(1, 'a');
  uint32_t* busy = fake.append(1, 'b', kBusy);
  fake.append(1, 'c');
  EXPECT_EQ(drained(*ring), std::vector<std::string>{"a"});
  *busy &= ~kBusy;
  EXPECT_EQ(drained(*ring), (std::vector<std::string>{"b", "c"}));
}

TEST(packet_ring, passes_records_that_were_discarded) {
  FakeRing fake;
  auto ring = PacketRing::open(fake.fd(), FakeRing::kBytes);
  ASSERT_TRUE(ring);
  fake.append(24, 'x', kDiscarded);
  fake.append(2, 'y');
  EXPECT_EQ(drained(*ring), std::vector<std::string>{"yy"});
}

TEST(packet_ring, reads_no_more_than_it_is_asked_and_goes_on_there) {
  FakeRing fake;
  auto ring = PacketRing::open(fake.fd(), FakeRing::kBytes);
  ASSERT_TRUE(ring);
  for (char letter = 'a'; letter < 'f'; letter++) fake.append(1, letter);
  EXPECT_EQ(drained(*ring, 2), (std::vector<std::string>{"a", "b"}));
  size_t seen = 0;
  ring->drain(100, [&](auto) { return ++seen < 2; });
  EXPECT_EQ(drained(*ring), std::vector<std::string>{"e"});
}

TEST(packet_ring, gives_room_back_before_all_is_read) {
  FakeRing fake;
  auto ring = PacketRing::open(fake.fd(), FakeRing::kBytes);
  ASSERT_TRUE(ring);
  for (int i = 0; i < 8; i++) fake.append(6000, 'p');
  uint64_t during = 0;
  ring->drain(100, [&](auto) {
    during = fake.consumer();
    return true;
  });
  EXPECT_GT(during, 0u);
  EXPECT_EQ(fake.consumer(), 8 * 6008u);
}

}  // namespace
}  // namespace weir::source
