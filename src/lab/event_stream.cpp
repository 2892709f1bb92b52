// SPDX-License-Identifier: Apache-2.0
#include "lab/event_stream.h"

#include <cerrno>

namespace weir::lab {
namespace {

constexpr size_t kPerfPages = 64;  // of each CPU: 256 KiB

}  // namespace

int EventStream::take_ring(void* context, void* data, size_t bytes) {
  auto* source = static_cast<Source*>(context);
  source->stream->take_({source->map, {static_cast<const std::byte*>(data), bytes}});
  return 0;
}

void EventStream::take_perf(void* context, int cpu, void* data, uint32_t bytes) {
  auto* source = static_cast<Source*>(context);
  source->stream->take_({source->map, {static_cast<const std::byte*>(data), bytes}, true, cpu});
}

void EventStream::count_lost(void* context, int, long long unsigned count) {
  static_cast<Source*>(context)->stream->lost_ += count;
}

base::Result<> EventStream::add(const bpf_map* map) {
  const bpf_map_type type = bpf_map__type(map);
  if (type != BPF_MAP_TYPE_RINGBUF && type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) return {};
  auto source = std::make_unique<Source>(Source{this, bpf_map__name(map)});
  const int fd = bpf_map__fd(map);
  int failed = 0;
  if (type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
    perf_buffer* buffer = perf_buffer__new(fd, kPerfPages, take_perf, count_lost, source.get(), nullptr);
    if (buffer)
      perf_buffers_.emplace_back(buffer);
    else
      failed = errno;
  } else if (rings_) {
    failed = -ring_buffer__add(rings_.get(), fd, take_ring, source.get());
  } else {
    rings_.reset(ring_buffer__new(fd, take_ring, source.get(), nullptr));
    if (!rings_) failed = errno;
  }
  if (failed) return base::fail_errno(failed, "reading the map " + source->map);
  sources_.push_back(std::move(source));
  return {};
}

std::vector<int> EventStream::fds() const {
  std::vector<int> fds;
  if (rings_) fds.push_back(ring_buffer__epoll_fd(rings_.get()));
  for (const auto& buffer : perf_buffers_) fds.push_back(perf_buffer__epoll_fd(buffer.get()));
  return fds;
}

void EventStream::read() {
  if (rings_) ring_buffer__consume(rings_.get());
  for (const auto& buffer : perf_buffers_) perf_buffer__consume(buffer.get());
}

}  // namespace weir::lab
