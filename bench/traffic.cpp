// SPDX-License-Identifier: Apache-2.0
#include "bench/traffic.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace weir::bench {
namespace {

constexpr int64_t kStartNs = 1'700'000'000'000'000'000;
constexpr uint32_t kEthernetBytes = 14;
constexpr uint32_t kTcpBytes = 32;  // with timestamps
constexpr uint32_t kUdpBytes = 8;
constexpr uint32_t kLeastTcpPackets = 7;  // SYN, SYN+ACK, ACK, FIN, FIN, ACK and one of data

constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;

void put16(uint8_t* to, uint32_t value) {
  to[0] = static_cast<uint8_t>(value >> 8);
  to[1] = static_cast<uint8_t>(value);
}

void put32(uint8_t* to, uint32_t value) {
  put16(to, value >> 16);
  put16(to + 2, value);
}

}  // namespace

Traffic::Traffic(const TrafficShape& shape) : random_(shape.seed) {
  // Each flow has the packets that its kind needs; the rest goes to the long kinds by heavy-tailed shares.
  std::vector<Kind> kinds(shape.flows);
  std::vector<double> weights(shape.flows);
  double sum = 0;
  uint64_t least = 0;
  for (uint32_t i = 0; i < shape.flows; ++i) {
    const uint32_t of_twenty = random_() % 20;
    kinds[i] = of_twenty < 13   ? Kind::tcp
               : of_twenty < 14 ? Kind::refused
               : of_twenty < 19 ? Kind::dns
                                : Kind::quic;
    least += kinds[i] == Kind::tcp ? kLeastTcpPackets : 2;
    if (kinds[i] == Kind::refused || kinds[i] == Kind::dns) continue;
    const double uniform = (random_() + 1.0) / 4294967297.0;
    weights[i] = std::min(1.0 / std::pow(uniform, 0.8), 2000.0);
    sum += weights[i];
  }
  const double spare = shape.packets > least ? static_cast<double>(shape.packets - least) : 0;
  uint64_t given = 0;
  for (uint32_t i = 0; i < shape.flows && given < shape.packets; ++i) {
    uint64_t packets = kinds[i] == Kind::tcp ? kLeastTcpPackets : 2;
    if (sum > 0) packets += static_cast<uint64_t>(weights[i] / sum * spare);
    packets = std::min(packets, shape.packets - given);
    if (i + 1 == shape.flows) {  // what rounding left
      packets = shape.packets - given;
      if (packets > 2) kinds[i] = packets < kLeastTcpPackets ? Kind::quic : Kind::tcp;
    }
    given += packets;
    flows_.push_back(make_flow(i, kinds[i], static_cast<uint32_t>(packets)));
    const int64_t begin = kStartNs + static_cast<int64_t>(random_() % 1'000'000) * 1000 * shape.seconds;
    due_.push({begin, i});
  }
}

Traffic::Flow Traffic::make_flow(uint32_t number, Kind kind, uint32_t packets) {
  Flow flow;
  flow.kind = kind;
  flow.client = number / 40'000 * 65'536 + random_() % 4000;
  flow.server = random_() % 20'000;
  flow.client_port = static_cast<uint16_t>(20'000 + number % 40'000);
  flow.server_port = kind == Kind::dns ? 53 : random_() % 4 == 0 ? 80 : 443;
  flow.six = random_() % 5 == 0;
  flow.packets = packets;
  flow.sequence[0] = static_cast<uint32_t>(random_());
  flow.sequence[1] = static_cast<uint32_t>(random_());
  flow.gap_ns = static_cast<uint32_t>(100'000 + random_() % (1'000'000'000 / std::max(10u, packets)));
  return flow;
}

bool Traffic::next(Frame& frame) {
  if (due_.empty()) return false;
  const Due due = due_.top();
  due_.pop();
  Flow& flow = flows_[due.flow];
  frame.time_ns = due.time_ns;
  fill(flow, frame);
  if (++flow.sent < flow.packets) due_.push({due.time_ns + flow.gap_ns, due.flow});
  return true;
}

/// Ethernet and IP headers; returns where the transport header begins.
uint32_t Traffic::write_ip(const Flow& flow, bool from_client, uint32_t l4_bytes) {
  std::memset(frame_, 0, sizeof frame_);
  put16(frame_ + 12, flow.six ? 0x86dd : 0x0800);
  uint8_t* ip = frame_ + kEthernetBytes;
  const uint8_t protocol = is_tcp(flow.kind) ? 6 : 17;
  const uint32_t ends[2] = {from_client ? 0x0a000000 + flow.client : 0xc6120000 + flow.server,
                            from_client ? 0xc6120000 + flow.server : 0x0a000000 + flow.client};
  if (flow.six) {
    ip[0] = 0x60;
    put16(ip + 4, l4_bytes);
    ip[6] = protocol;
    ip[7] = 64;
    for (int end = 0; end < 2; ++end) {
      put32(ip + 8 + end * 16, 0xfd00'0000);
      put32(ip + 20 + end * 16, ends[end]);
    }
    return kEthernetBytes + 40;
  }
  ip[0] = 0x45;
  put16(ip + 2, 20 + l4_bytes);
  ip[6] = 0x40;
  ip[8] = 64;
  ip[9] = protocol;
  put32(ip + 12, ends[0]);
  put32(ip + 16, ends[1]);
  return kEthernetBytes + 20;
}

void Traffic::fill(Flow& flow, Frame& frame) {
  const uint32_t number = flow.sent;
  bool from_client = number % 2 == 0;
  uint8_t flags = kAck;
  uint32_t payload = 0;
  bool again = false;
  const bool tcp = is_tcp(flow.kind);
  if (!tcp) {
    payload = flow.kind == Kind::dns ? (from_client ? 40 : 120) : (from_client ? 90 : 1250);
  } else if (flow.kind == Kind::refused) {
    flags = from_client ? kSyn : kRst | kAck;
  } else if (number < 3) {
    flags = number == 0 ? kSyn : number == 1 ? kSyn | kAck : kAck;
  } else if (number + 3 >= flow.packets) {
    const uint32_t rest = flow.packets - number;  // 3: FIN, 2: FIN back, 1: the last ACK
    from_client = rest % 2 == 1;
    flags = rest == 1 ? kAck : kFin | kAck;
  } else {
    from_client = number % 3 == 0;  // two segments down for each one up
    flags = kPsh | kAck;
    payload = from_client ? (number == 3 ? 400 : 0) : 1448;
    again = payload != 0 && number > 4 && random_() % 100 == 0;
  }

  const uint32_t l4_bytes = (tcp ? kTcpBytes : kUdpBytes) + payload;
  const uint32_t at = write_ip(flow, from_client, l4_bytes);
  uint8_t* l4 = frame_ + at;
  put16(l4, from_client ? flow.client_port : flow.server_port);
  put16(l4 + 2, from_client ? flow.server_port : flow.client_port);
  uint32_t header_bytes = kUdpBytes;
  if (tcp) {
    header_bytes = kTcpBytes;
    uint32_t& sequence = flow.sequence[from_client ? 0 : 1];
    put32(l4 + 4, again ? sequence - payload : sequence);
    put32(l4 + 8, flags & kAck ? flow.sequence[from_client ? 1 : 0] : 0);
    l4[12] = kTcpBytes / 4 << 4;
    l4[13] = flags;
    put16(l4 + 14, 502);
    if (!again) sequence += payload + (flags & kSyn ? 1 : 0) + (flags & kFin ? 1 : 0);
  } else {
    put16(l4 + 4, l4_bytes);
  }
  frame.headers = {frame_, at + header_bytes};
  frame.wire_bytes = at + l4_bytes;
}

}  // namespace weir::bench
