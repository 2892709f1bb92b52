// SPDX-License-Identifier: Apache-2.0
// Flow records for tests of this room.
#pragma once

#include <memory>

#include "flow/flow_record.h"

namespace weir::sink {

/// curl, 10.0.0.7:51514, fetches 5 kB from 10.0.0.9:80: 6 packets and 5.
inline flow::FlowRecord example_flow() {
  const uint8_t client[] = {10, 0, 0, 7};
  const uint8_t server[] = {10, 0, 0, 9};
  auto process = std::make_shared<decode::Process>();
  process->pid = 4121;
  process->uid = 1000;
  process->comm = "curl";
  process->executable = "curl";
  flow::FlowRecord record;
  record.source.address = decode::IpAddress::v4(client);
  record.source.port = 51514;
  record.source.tcp_flags = 0x1b;  // FIN SYN PSH ACK
  record.source.packets = 6;
  record.source.bytes = 812;
  record.source.process = process;
  record.destination.address = decode::IpAddress::v4(server);
  record.destination.port = 80;
  record.destination.tcp_flags = 0x1b;
  record.destination.packets = 5;
  record.destination.bytes = 5120;
  record.protocol = 6;
  record.has_ports = true;
  record.state = flow::FlowState::closed;
  record.start_ns = 1'763'717'239'123'456'789;
  record.end_ns = 1'763'717'239'307'456'789;
  record.handshake_ns = 184'000;
  record.srtt_ns = 201'000;
  return record;
}

}  // namespace weir::sink
