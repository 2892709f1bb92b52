// SPDX-License-Identifier: Apache-2.0
// The records that an object's programs send through ring and perf buffers, of all its maps together.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::lab {

struct StreamRecord {
  const std::string& map;
  std::span<const std::byte> bytes;
  bool from_perf_buffer = false;  // up to 7 octets more than were sent; `cpu` is known
  int cpu = -1;
};

class EventStream {
 public:
  using Take = std::function<void(const StreamRecord&)>;
  explicit EventStream(Take take) : take_(std::move(take)) {}
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Takes part in maps of type ringbuf and perf_event_array; others are left alone.
  base::Result<> add(const bpf_map* map);

  /// Of epoll: readable when there are records.
  std::vector<int> fds() const;
  /// Gives what is there, without waiting.
  void read();
  /// Records that found a perf buffer full. A ring's programs see for themselves that it is.
  uint64_t lost() const { return lost_; }

 private:
  struct FreeRing {
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };
  struct FreePerf {
    void operator()(perf_buffer* buffer) const { perf_buffer__free(buffer); }
  };
  struct Source {
    EventStream* stream;
    std::string map;
  };
  static int take_ring(void* context, void* data, size_t bytes);
  static void take_perf(void* context, int cpu, void* data, uint32_t bytes);
  static void count_lost(void* context, int cpu, long long unsigned count);

  Take take_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::unique_ptr<ring_buffer, FreeRing> rings_;
  std::vector<std::unique_ptr<perf_buffer, FreePerf>> perf_buffers_;
  uint64_t lost_ = 0;
};

}  // namespace weir::lab
