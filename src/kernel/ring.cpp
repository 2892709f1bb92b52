// SPDX-License-Identifier: Apache-2.0
#include "kernel/ring.h"

#include <bpf/libbpf.h>

namespace weir::kernel {
namespace {

int hand_on(void* context, void* data, size_t size) noexcept {
  (*static_cast<Ring::Each*>(context))({static_cast<const std::byte*>(data), size});
  return 0;
}

}  // namespace

void Ring::Free::operator()(ring_buffer* ring) const {
  ring_buffer__free(ring);
}

base::Result<Ring> Ring::open(int borrowed_map_fd, Each each) {
  Ring ring;
  ring.each_ = std::make_unique<Each>(std::move(each));
  ring.ring_.reset(ring_buffer__new(borrowed_map_fd, hand_on, ring.each_.get(), nullptr));
  if (!ring.ring_) return base::fail_errno(errno, "opening a ring buffer");
  return ring;
}

size_t Ring::drain() {
  const int records = ring_buffer__consume(ring_.get());
  return records > 0 ? static_cast<size_t>(records) : 0;
}

}  // namespace weir::kernel
