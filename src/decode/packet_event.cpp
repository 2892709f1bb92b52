// SPDX-License-Identifier: Apache-2.0
#include "decode/packet_event.h"

#include <cstring>

namespace weir::decode {

std::optional<PacketEvent> decode_packet_event(std::span<const std::byte> record) {
  PacketEvent event;
  if (record.size() < sizeof(event.head)) return std::nullopt;
  std::memcpy(&event.head, record.data(), sizeof(event.head));
  const packet_event& head = event.head;
  if (head.kind != PACKET_EVENT_PACKET) return std::nullopt;
  if (head.point < PACKET_POINT_XDP || head.point > PACKET_POINT_SOCKET) return std::nullopt;
  if (head.direction != PACKET_INGRESS && head.direction != PACKET_EGRESS) return std::nullopt;
  if (head.checksum > PACKET_CHECKSUM_PARTIAL) return std::nullopt;
  if (head.captured_bytes > record.size() - sizeof(head) || head.captured_bytes > head.wire_bytes)
    return std::nullopt;
  event.data = {reinterpret_cast<const uint8_t*>(record.data()) + sizeof(head), head.captured_bytes};
  return event;
}

}  // namespace weir::decode
