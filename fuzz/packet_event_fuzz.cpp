// SPDX-License-Identifier: Apache-2.0
// Records of the ring of captured packets: whatever they hold, an event's bytes lie within its record.
#include <cstdlib>

#include "decode/packet_event.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto event = weir::decode::decode_packet_event({reinterpret_cast<const std::byte*>(data), size});
  if (!event) return 0;
  const uint8_t* const end = event->data.data() + event->data.size();
  if (event->data.data() < data || end > data + size) std::abort();
  if (event->data.size() > event->head.wire_bytes || event->head.point == 0) std::abort();
  unsigned sum = 0;
  for (const uint8_t byte : event->data) sum += byte;
  if (sum == UINT32_MAX) std::abort();  // reads them all
  return 0;
}
