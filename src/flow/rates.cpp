// SPDX-License-Identifier: Apache-2.0
#include "flow/rates.h"

#include <utility>

namespace weir::flow {

void Rates::begin_snapshot(int64_t time_ns) {
  std::swap(before_, now_);
  now_.clear();
  seconds_ = begun_ && time_ns > now_ns_ ? static_cast<double>(time_ns - now_ns_) / 1e9 : 0;
  now_ns_ = time_ns;
  begun_ = true;
}

Rate Rates::add(uint64_t id, uint64_t packets, uint64_t bytes) {
  now_[id] = {packets, bytes};
  if (seconds_ == 0) return {};
  Totals before;
  if (const auto found = before_.find(id); found != before_.end()) before = found->second;
  if (packets < before.packets || bytes < before.bytes) before = {};
  return {static_cast<double>(packets - before.packets) / seconds_,
          static_cast<double>(bytes - before.bytes) / seconds_};
}

}  // namespace weir::flow
