// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_print.h"

namespace weir::sink {

void PacketPrint::cut_here() {
  if (cut) return;
  cut = true;
  truncated();
  text.freeze();
}

void PacketPrint::truncated() {
  text.put(" [|");
  text.put(std::string_view(protocol));
  text.put(']');
}

void PacketPrint::invalid() {
  text.put(" (invalid)");
}

void PacketPrint::ipv4(size_t at) {
  if (!check(at, 4)) return;
  if (options.name_of) {
    const std::string_view name = options.name_of(decode::IpAddress::v4(data + at));
    if (!name.empty()) {
      text.safe(reinterpret_cast<const uint8_t*>(name.data()), name.size());
      return;
    }
  }
  text.ipv4(data + at);
}

void PacketPrint::ipv6(size_t at) {
  if (!check(at, 16)) return;
  if (options.name_of) {
    const std::string_view name = options.name_of(decode::IpAddress::v6(data + at));
    if (!name.empty()) {
      text.safe(reinterpret_cast<const uint8_t*>(name.data()), name.size());
      return;
    }
  }
  text.ipv6(data + at);
}

uint16_t PacketPrint::checksum(size_t at, size_t bytes, uint32_t start) const {
  uint64_t sum = start;
  size_t i = 0;
  for (; i + 1 < bytes; i += 2) sum += static_cast<uint32_t>(data[at + i] << 8 | data[at + i + 1]);
  if (i < bytes) sum += static_cast<uint32_t>(data[at + i] << 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

bool PacketPrint::partial_checksum(uint16_t field, uint32_t pseudo_sum) const {
  if (checksum_state != decode::ChecksumState::unknown)
    return checksum_state == decode::ChecksumState::partial;
  if (!live) return false;
  while (pseudo_sum > 0xffff) pseudo_sum = (pseudo_sum & 0xffff) + (pseudo_sum >> 16);
  return outbound || field == pseudo_sum;
}

uint16_t right_checksum(uint16_t field, uint16_t sum) {
  // RFC 1624: take the field out of the sum, complement what is left.
  uint32_t rest = static_cast<uint32_t>(static_cast<uint16_t>(~sum)) + static_cast<uint16_t>(~field);
  rest = (rest & 0xffff) + (rest >> 16);
  rest = (rest & 0xffff) + (rest >> 16);
  return static_cast<uint16_t>(~rest);
}

}  // namespace weir::sink
