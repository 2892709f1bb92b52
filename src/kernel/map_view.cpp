// SPDX-License-Identifier: Apache-2.0
#include "kernel/map_view.h"

#include <bpf/bpf.h>

#include <string>

namespace weir::kernel::raw_map {

base::Result<> check_sizes(int fd, size_t key_bytes, size_t value_bytes) {
  bpf_map_info info{};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
    return base::fail_errno(errno, "asking for a map's sizes");
  if (info.key_size != key_bytes || info.value_size != value_bytes)
    return base::fail(base::ErrorKind::internal,
                      std::string("map ") + info.name + " holds " + std::to_string(info.key_size) + "+" +
                          std::to_string(info.value_size) + " bytes an entry, not " +
                          std::to_string(key_bytes) + "+" + std::to_string(value_bytes));
  return {};
}

int lookup(int fd, const void* key, void* value) {
  return bpf_map_lookup_elem(fd, key, value) ? -errno : 0;
}

int erase(int fd, const void* key) {
  return bpf_map_delete_elem(fd, key) ? -errno : 0;
}

int lookup_and_erase(int fd, const void* key, void* value) {
  if (bpf_map_lookup_and_delete_elem(fd, key, value) == 0) return 0;
  if (errno != EOPNOTSUPP && errno != EINVAL && errno != 524)
    return -errno;  // hash maps: 5.14; 524 is ENOTSUPP
  if (bpf_map_lookup_elem(fd, key, value)) return -errno;
  return erase(fd, key);
}

int lookup_batch(int fd, void* cursor, bool first, void* keys, void* values, uint32_t* count) {
  DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, options);
  const int error = bpf_map_lookup_batch(fd, first ? nullptr : cursor, cursor, keys, values, count, &options);
  return error ? -errno : 0;
}

}  // namespace weir::kernel::raw_map
