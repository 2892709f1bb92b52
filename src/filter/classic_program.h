// SPDX-License-Identifier: Apache-2.0
// Classic BPF, as all of the filter's parts hand it to each other; knows nothing of where it came from.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace weir::filter {

/// One instruction is `sock_filter`: codes of <linux/bpf_common.h>, jumps relative to the next one.
using ClassicProgram = std::vector<sock_filter>;
using ClassicSpan = std::span<const sock_filter>;

constexpr size_t kMostClassicInstructions = 4096;   // BPF_MAXINSNS
constexpr size_t kMostNativeInstructions = 65'536;  // libpcap compiles expressions to more than BPF_MAXINSNS
constexpr uint32_t kClassicMemoryWords = 16;        // BPF_MEMWORDS

/// Whether the program can run: what libpcap's bpf_validate asks for, and further only instructions that some
/// interpreter knows, jumps that lead forward, and shifts by less than 32 bits (the others are undefined in
/// libpcap's interpreter). Fails with bad_input; names the instruction's number.
base::Result<> check_classic(ClassicSpan program, size_t most_instructions = kMostClassicInstructions);

/// What `inbound` and `outbound` mean.
enum class Direction : uint8_t { ingress, egress, of_packet };  // of_packet: what the kernel says of each

/// What a load of SKF_AD_PKTTYPE gives (<linux/if_packet.h>).
constexpr uint32_t packet_type(Direction direction) {
  return direction == Direction::egress ? 4 : 0;  // PACKET_OUTGOING, PACKET_HOST
}

/// Offsets from here on are no place in the packet but SKF_AD_*, SKF_NET_OFF or SKF_LL_OFF ones.
constexpr bool is_ancillary(uint32_t offset) {
  return offset >= static_cast<uint32_t>(SKF_LL_OFF);
}
/// A load of what only a live packet has: its direction, interface, mark and so on.
bool loads_ancillary(const sock_filter& instruction);

constexpr uint32_t classic_load_bytes(uint16_t code) {
  return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

/// Bits of the registers that may be read before anything was put in.
struct ReadUnset {
  uint32_t memory = 0;  // bit n: M[n]
  bool a = false;
  bool x = false;
};
/// `program` must have passed check_classic.
ReadUnset registers_read_unset(ClassicSpan program);

}  // namespace weir::filter
