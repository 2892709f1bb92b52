// SPDX-License-Identifier: Apache-2.0
#include "lab/map_entries.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kBatchBytes = size_t{4} << 20;
constexpr uint32_t kMostInBatch = 4096;
constexpr int kNotSupported = 524;  // ENOTSUPP, which is the kernel's own

/// Those whose entries bpf(2) does not show.
const char* without_entries(uint32_t type) {
  switch (type) {
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_USER_RINGBUF:
      return "a ring buffer has records and no entries";
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
      return "a perf event array cannot be read";
    case BPF_MAP_TYPE_BLOOM_FILTER:
      return "a bloom filter keeps no keys";
    case 33:  // BPF_MAP_TYPE_ARENA
      return "an arena is memory and has no entries";
    default:
      return nullptr;
  }
}

/// Whose batches are exact and whose values are as those of a look-up.
bool has_batches(uint32_t type) {
  switch (type) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LPM_TRIE:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<MapEntries> MapEntries::of(base::UniqueFd map) {
  auto info = map_info(map.get());
  if (!info) return tl::unexpected<base::Error>(std::move(info.error()));
  if (const char* why = without_entries(info->type))
    return base::fail(ErrorKind::bad_input, "map " + std::to_string(info->id) + ": " + why);
  uint32_t values = 1;
  size_t stride = info->value_bytes;
  if (has_value_per_cpu(info->type)) {
    const int cpus = libbpf_num_possible_cpus();
    if (cpus <= 0) return base::fail_errno(-cpus, "counting the possible CPUs");
    values = static_cast<uint32_t>(cpus);
    stride = (stride + 7) / 8 * 8;  // kernel/bpf/syscall.c bpf_map_value_size
  }
  return MapEntries(std::move(map), std::move(*info), values, stride);
}

tl::unexpected<base::Error> MapEntries::failed(int error, const char* doing) const {
  const std::string what = std::string(doing) + " map " + std::to_string(info_.id);
  if (error == EPERM)
    return base::fail(ErrorKind::permission,
                      what + ": not permitted: CAP_BPF is missing, or the map is read-only or frozen", EPERM);
  if (error == ENOENT) return base::fail(ErrorKind::not_found, what + ": there is no such entry", ENOENT);
  if (error == kNotSupported || error == EOPNOTSUPP || error == EINVAL)
    return base::fail(ErrorKind::bad_input,
                      what + ": the kernel does not allow that with a " + info_.type_name, error);
  if (error == E2BIG)
    return base::fail(
        ErrorKind::resource,
        what + ": it is full or the key is beyond its " + std::to_string(info_.max_entries) + " entries",
        error);
  return base::fail_errno(error, what);
}

Result<MapEntries::Walked> MapEntries::walk(const Visit& visit) const {
  if (!has_keys()) {
    const auto next = look_up({});
    Walked walked;
    if (next) {
      visit({}, *next);
      walked.entries = 1;
    } else if (next.error().kind != ErrorKind::not_found) {
      return tl::unexpected<base::Error>(next.error());
    }
    return walked;
  }
  if (has_batches(info_.type)) {
    bool able = true;
    auto walked = walk_by_batch(visit, able);
    if (able) return walked;
  }
  return walk_by_key(visit);
}

Result<MapEntries::Walked> MapEntries::walk_by_batch(const Visit& visit, bool& able) const {
  const size_t entry = info_.key_bytes + entry_value_bytes();
  uint32_t room =
      static_cast<uint32_t>(std::clamp<size_t>(kBatchBytes / std::max<size_t>(entry, 1), 1, kMostInBatch));
  room = std::min(room, std::max(info_.max_entries, 1u));
  std::vector<std::byte> keys, values;
  std::vector<std::byte> from(std::max<size_t>(info_.key_bytes, 8)), to(from.size());
  Walked walked;
  // A hash is walked bucket by bucket, so it ends; the limit is for what we do not know.
  const uint64_t most = uint64_t{info_.max_entries} * 2 + 1024;
  bool first = true;
  while (walked.entries <= most) {
    keys.resize(size_t{room} * info_.key_bytes);
    values.resize(size_t{room} * entry_value_bytes());
    uint32_t count = room;
    const int error = -bpf_map_lookup_batch(fd(), first ? nullptr : from.data(), to.data(), keys.data(),
                                            values.data(), &count, nullptr);
    if (error == ENOSPC && room < UINT32_MAX / 2 && size_t{room} * entry < (size_t{256} << 20)) {
      room *= 2;  // one bucket has more
      continue;
    }
    if (error != 0 && error != ENOENT) {
      able = walked.entries != 0 || (error != EINVAL && error != EOPNOTSUPP && error != kNotSupported);
      return failed(error, "reading");
    }
    for (uint32_t i = 0; i < std::min(count, room); ++i) {
      ++walked.entries;
      if (!visit(std::span(keys).subspan(size_t{i} * info_.key_bytes, info_.key_bytes),
                 std::span(values).subspan(size_t{i} * entry_value_bytes(), entry_value_bytes())))
        return walked;
    }
    if (error == ENOENT) return walked;
    from = to;
    first = false;
  }
  walked.restarted = true;
  return walked;
}

Result<MapEntries::Walked> MapEntries::walk_by_key(const Visit& visit) const {
  std::vector<std::byte> key(info_.key_bytes), next(info_.key_bytes), value(entry_value_bytes());
  Walked walked;
  // The kernel starts again when the key is gone that the walk stands at.
  const uint64_t most = uint64_t{info_.max_entries} * 2 + 1024;
  bool first = true;
  for (uint64_t steps = 0; steps < most; ++steps) {
    const int error = -bpf_map_get_next_key(fd(), first ? nullptr : key.data(), next.data());
    if (error == ENOENT) return walked;
    if (error != 0) return failed(error, "walking");
    first = false;
    key = next;
    const int looked = -bpf_map_lookup_elem(fd(), key.data(), value.data());
    if (looked == ENOENT) {  // deleted meanwhile, or an empty place of an array of programs
      ++walked.vanished;
      continue;
    }
    if (looked != 0) return failed(looked, "reading");
    ++walked.entries;
    if (!visit(key, value)) return walked;
  }
  walked.restarted = true;
  return walked;
}

Result<std::vector<std::byte>> MapEntries::look_up(std::span<const std::byte> key) const {
  std::vector<std::byte> value(entry_value_bytes());
  const int error = -bpf_map_lookup_elem(fd(), key.empty() ? nullptr : key.data(), value.data());
  if (error != 0) return failed(error, "reading");
  return value;
}

Result<> MapEntries::store(std::span<const std::byte> key, std::span<const std::byte> value) const {
  const int error = -bpf_map_update_elem(fd(), key.empty() ? nullptr : key.data(), value.data(), BPF_ANY);
  if (error != 0) return failed(error, "writing");
  return {};
}

Result<> MapEntries::erase(std::span<const std::byte> key) const {
  const int error = -bpf_map_delete_elem(fd(), key.data());
  if (error != 0) return failed(error, "deleting from");
  return {};
}

}  // namespace weir::lab
