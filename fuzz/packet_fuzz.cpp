// SPDX-License-Identifier: Apache-2.0
// Any bytes, read as a frame of any link type: nothing read outside it, and what is said of it agrees with
// itself. Byte 0: link type in the lower 3 bits, above them how much longer the frame was on the wire than
// captured.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "decode/packet.h"

namespace {

using namespace weir;

void require(bool condition) {
  if (!condition) std::abort();
}

void require_consistent(const packet_info& info, packet_result result, uint32_t captured, uint32_t wire) {
  require(result >= PACKET_OK && result < PACKET_RESULTS);
  const bool transport = info.has_l4 || info.has_ports || info.payload_bytes || info.source_port ||
                         info.destination_port || info.tcp_flags || info.tcp_window || info.tcp_sequence ||
                         info.tcp_acknowledgment || info.icmp_type || info.icmp_code || info.icmp_id;
  if (!PACKET_HAS_IP(result)) {
    require(info.version == 0 && info.ip_bytes == 0 && info.protocol == 0 && info.tunnels == 0 && !transport);
    return;
  }
  require(info.version == 4 || info.version == 6);
  const uint32_t fixed = info.version == 4 ? 20 : 40;
  require(info.l3_offset + fixed <= captured);
  require(info.l4_offset >= info.l3_offset + fixed);
  require(info.ip_bytes >= fixed && info.ip_bytes <= (wire > 65'575 ? wire : 65'575));
  require(info.l4_offset <= info.l3_offset + info.ip_bytes);
  require(info.fragment != PACKET_NOT_FRAGMENT || info.fragment_id == 0);
  require(info.tunnels <= PACKET_MAX_TUNNELS);
  require(info.link_tags <= 2 * PACKET_MAX_TAGS * (info.tunnels + 1));
  if (result == PACKET_OK) require(info.l4_offset <= captured);
  if (result != PACKET_OK || info.fragment == PACKET_LATER_FRAGMENT) require(!transport);
  if (!info.has_l4) return require(!transport);
  require(info.l4_offset + 8 <= captured);
  require(info.payload_bytes + 8 + (info.l4_offset - info.l3_offset) <= info.ip_bytes);
  require(info.has_ports == (info.protocol == 6 || info.protocol == 17 || info.protocol == 132));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 20'000) return 0;
  const int link = data[0] & 7;  // 7: none
  const auto captured = static_cast<uint32_t>(size - 1);
  const uint32_t wire = captured + (data[0] >> 3) * 4000u;
  const std::unique_ptr<uint8_t[]> frame(new uint8_t[captured]);  // to its end exactly: for AddressSanitizer
  std::memcpy(frame.get(), data + 1, captured);

  packet_info outer, inner;
  std::memset(&outer, 0xee, sizeof outer);
  std::memset(&inner, 0x11, sizeof inner);
  const packet_result shut = decode::parse_packet(link, frame.get(), captured, wire, false, outer);
  const packet_result open = decode::parse_packet(link, frame.get(), captured, wire, true, inner);
  require_consistent(outer, shut, captured, wire);
  require_consistent(inner, open, captured, wire);
  require(outer.tunnels == 0);
  require(std::strlen(decode::to_string(shut)) > 0);
  if (inner.tunnels == 0) require(open == shut && std::memcmp(&inner, &outer, sizeof inner) == 0);
  return 0;
}
