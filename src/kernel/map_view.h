// SPDX-License-Identifier: Apache-2.0
// Typed access to a BPF map that somebody else owns. Knows nothing of what the values mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace weir::kernel {

/// Untyped doors to bpf(2), so that libbpf stays out of this header.
namespace raw_map {
base::Result<> check_sizes(int fd, size_t key_bytes, size_t value_bytes);
int lookup(int fd, const void* key, void* value);  // 0 or -errno
int erase(int fd, const void* key);
int lookup_and_erase(int fd, const void* key, void* value);
/// Reads up to `*count` entries from `*cursor` on; 0, -ENOENT with the last ones, or another -errno.
int lookup_batch(int fd, void* cursor, bool first, void* keys, void* values, uint32_t* count);
}  // namespace raw_map

/// A hash map with keys and values of plain structs.
template <class Key, class Value>
class MapView {
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);

 public:
  /// Fails with `internal` where the loaded map's sizes differ from the types'.
  static base::Result<MapView> of(int borrowed_fd) {
    if (auto sizes = raw_map::check_sizes(borrowed_fd, sizeof(Key), sizeof(Value)); !sizes)
      return tl::unexpected(sizes.error());
    return MapView(borrowed_fd);
  }

  std::optional<Value> lookup(const Key& key) const {
    Value value;
    if (raw_map::lookup(fd_, &key, &value) != 0) return std::nullopt;
    return value;
  }

  /// Removes the entry and gives its last value; empty where there is none.
  std::optional<Value> take(const Key& key) const {
    Value value;
    if (raw_map::lookup_and_erase(fd_, &key, &value) != 0) return std::nullopt;
    return value;
  }

  /// Calls `each(key, value)` for every entry. Entries that are made or deleted meanwhile may be missed or
  /// seen twice; others are seen once. Gives how many were read.
  template <class Each>
  base::Result<size_t> for_each(Each&& each) {
    constexpr uint32_t kBatch = 1024;
    keys_.resize(kBatch);
    values_.resize(kBatch);
    size_t read = 0;
    alignas(8) std::byte cursor[sizeof(Key) > 8 ? sizeof(Key) : 8] = {};
    for (bool first = true;; first = false) {
      uint32_t count = kBatch;
      const int error = raw_map::lookup_batch(fd_, cursor, first, keys_.data(), values_.data(), &count);
      if (error == -ENOSPC && keys_.size() < 65536) {  // one bucket holds more than the batch
        keys_.resize(keys_.size() * 4);
        values_.resize(values_.size() * 4);
      } else if (error != 0 && error != -ENOENT) {
        return base::fail_errno(-error, "reading a map");
      }
      for (uint32_t i = 0; i < count && error != -ENOSPC; i++) each(keys_[i], values_[i]);
      read += count;
      if (error == -ENOENT) return read;
    }
  }

 private:
  explicit MapView(int fd) : fd_(fd) {}

  int fd_;
  std::vector<Key> keys_;
  std::vector<Value> values_;
};

}  // namespace weir::kernel
