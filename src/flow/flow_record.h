// SPDX-License-Identifier: Apache-2.0
// One flow, or the part of it since its last record: what every sink writes, live and from a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decode/address.h"
#include "decode/process.h"

namespace weir::flow {

enum class FlowState : uint8_t {
  open,         // alive when Weir listed it or ended
  fresh,        // "new": part of a live one that nobody has answered yet
  established,  // part of a live one
  closed,       // FIN both ways, or the socket closed
  reset,
  rejected,  // RST to the SYN, or an ICMP error quoted it
  timeout,   // idle
  evicted,   // --max-flows was reached
};
/// "open", "new", "established", ...
const char* to_string(FlowState state);

/// One end. Counters: packets that this end sent, as on the wire (a GSO buffer counts its segments), octets
/// of IP packets (IPFIX octetDeltaCount). They are differences since the flow's last record.
struct FlowEnd {
  decode::IpAddress address;
  uint16_t port = 0;      // host byte order; means something where FlowRecord::has_ports
  uint8_t tcp_flags = 0;  // all seen in the whole flow so far
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t retransmits = 0;
  uint64_t zero_windows = 0;
  uint64_t resets = 0;
  std::optional<decode::IpAddress> nat_address;  // the address on the wire where NAT changed it
  uint16_t nat_port = 0;                         // with nat_address only
  decode::ProcessPtr process;                    // null: no socket of this node, or unknown
};

struct FlowRecord {
  FlowEnd source;  // the initiator, DESIGN: SYN's sender, receiver of a RST+ACK without SYN, ...
  FlowEnd destination;
  uint8_t protocol = 0;  // IPPROTO_*
  bool has_ports = false;
  bool partial = false;     // TCP that began before Weir or the capture
  bool icmp_error = false;  // an ICMP error quoted this flow
  std::optional<uint16_t> icmp_id;
  std::optional<uint8_t> icmp_type;  // of the first packet
  std::optional<uint8_t> icmp_code;
  FlowState state = FlowState::open;
  uint32_t part = 1;
  int64_t start_ns = 0;                  // since 1970, of the flow
  int64_t end_ns = 0;                    // last packet of this part
  std::optional<uint64_t> handshake_ns;  // SYN to the initiator's first segment after the SYN+ACK
  std::optional<uint64_t> srtt_ns;       // the kernel's smoothed round trip, of the local socket
  std::optional<uint32_t> netns;         // inode number, live at cgroup hooks
  std::vector<std::string> interfaces;  // crossed, in order; live at interfaces, else as the capture names it
};

/// Something was lost: shown at the end, and a record in the stream.
struct LossRecord {
  std::string stage;   // "kernel map full", "ring full", "reader", "export", ...
  std::string unit;    // "packets", "bytes", "flows", "records"
  uint64_t count = 0;  // since the last loss record of this stage
  uint64_t total = 0;
  int64_t time_ns = 0;  // since 1970
};

}  // namespace weir::flow
