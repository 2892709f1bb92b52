// SPDX-License-Identifier: Apache-2.0
// The entries of one map as bytes: read all, one, written, deleted. Knows no types; one owner of the
// descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "lab/map_info.h"

namespace weir::lab {

class MapEntries {
 public:
  /// Whose keys are there to be walked or looked up; `unsupported` for ring buffers and the like.
  static base::Result<MapEntries> of(base::UniqueFd map);

  const MapInfo& info() const { return info_; }
  int fd() const { return map_.get(); }
  /// How many values an entry has: the possible CPUs of a per-CPU map, else 1.
  uint32_t values_per_entry() const { return values_; }
  /// A value's bytes, all CPUs of it; each CPU's begins at a multiple of `value_stride`.
  size_t entry_value_bytes() const { return value_stride_ * values_; }
  size_t value_stride() const { return value_stride_; }
  /// Queues and stacks have none: their next value is the one that is shown, and it stays there.
  bool has_keys() const { return info_.key_bytes != 0; }

  /// Returns false to stop.
  using Visit = std::function<bool(std::span<const std::byte> key, std::span<const std::byte> value)>;
  struct Walked {
    uint64_t entries = 0;
    uint64_t vanished = 0;  // deleted between the key and its value
    bool restarted =
        false;  // keys were deleted under the walk: some entries may have come twice or not at all
  };
  /// By batches where the map can, else key by key. Ends however busy the map is.
  base::Result<Walked> walk(const Visit& visit) const;

  /// not_found where there is no such entry.
  base::Result<std::vector<std::byte>> look_up(std::span<const std::byte> key) const;
  /// `value` has `entry_value_bytes`.
  base::Result<> store(std::span<const std::byte> key, std::span<const std::byte> value) const;
  base::Result<> erase(std::span<const std::byte> key) const;

 private:
  MapEntries(base::UniqueFd map, MapInfo info, uint32_t values, size_t stride)
      : map_(std::move(map)), info_(std::move(info)), values_(values), value_stride_(stride) {}
  base::Result<Walked> walk_by_batch(const Visit& visit, bool& able) const;
  base::Result<Walked> walk_by_key(const Visit& visit) const;
  tl::unexpected<base::Error> failed(int error, const char* doing) const;

  base::UniqueFd map_;
  MapInfo info_;
  uint32_t values_ = 1;
  size_t value_stride_ = 0;
};

}  // namespace weir::lab
